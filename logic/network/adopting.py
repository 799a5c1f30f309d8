"""Ports for the interfaces of an instance that is taken over: which of our networks each is on, and the rows.

Called by ``logic.compute.adopting`` inside its transaction. An interface that is on none of our networks is left as it is,
without a port. Nothing is handed out: MAC and address are the ones the guest has.
"""

import ipaddress
import uuid
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.db.models import Q

from ganeti.vocabulary import port_of
from logic.access import Caller
from logic.backends.base import Described
from logic.db import new_id
from logic.errors import Conflict
from logic.ledger import beginning
from logic.messages.observations import Nic
from logic.network.addresses import take_address
from logic.network.models import Address, Network, Port, Subnet
from logic.placement.models import Backend
from logic.quota import commands as quota


class Plug(msgspec.Struct, frozen=True):
    """An interface of an instance and the port it becomes: its id and its network's; the id is empty when it stays without
    one."""

    instance: str
    nic: Nic
    port: str = ""
    network: str = ""


def plugs(project: str, backend: Backend, found: Described) -> list[Plug]:
    """What becomes of each interface. One that carries the name of a port that we do not know gets that port's id: it was
    ours once, or an earlier attempt has named it. Raises :class:`Conflict`."""
    return [_plug(project, backend, found.instance, nic) for nic in found.nics]


def _plug(project: str, backend: Backend, instance: str, nic: Nic) -> Plug:
    network = _network(project, backend, nic)
    if network is None:
        return Plug(instance, nic)
    if other := Port.objects.filter(mac=nic.mac).first():
        advice = _changing(instance, nic, "mac=generate")
        raise Conflict(reason=f"{_whose(other)} has the MAC {nic.mac} of its interface {nic.uuid}. {advice}")
    named = port_of(settings.BACKEND_PREFIX_ID, nic.name)
    if named and Port.objects.filter(pk=named).exists():
        raise Conflict(reason=f"Its interface {nic.uuid} is named after port {named}, which exists. Rename it first.")
    return Plug(instance, nic, named if is_uuid(named) else new_id(), network.pk)


def _network(project: str, backend: Backend, nic: Nic) -> Network | None:
    """The one network that the project can use, and that has this mode, this link and the address if there is one. A
    network that leaves the link to the cluster is known by the address alone."""
    usable = Network.objects.filter(Q(shared=True) | Q(project=project), mode=nic.mode, deleted_at=None)
    default = backend.nic_link or settings.GANETI_NIC_LINK
    joined = [one for one in usable if _links(one.link or default, nic)]
    found = [one for one in joined if not nic.ip or _subnet(one, nic.ip)]
    return found[0] if len(found) == 1 else None


def _links(link: str, nic: Nic) -> bool:
    return link == nic.link if link else bool(nic.ip)


def _subnet(network: Network, ip: str) -> Subnet | None:
    address = ipaddress.ip_address(ip)
    return next((one for one in network.subnets.all() if address in ipaddress.ip_network(one.cidr)), None)


def make_ports(caller: Caller, server: str, backend: Backend, wanted: Sequence[Plug]) -> None:
    """The rows, charged to the caller's project, whose quota has room for them. Raises :class:`Conflict`."""
    for plug in [one for one in wanted if one.port]:
        network = Network.objects.get(pk=plug.network)
        port = Port(id=plug.port, network=network, project=caller.project, device=server, owned=True, mac=plug.nic.mac)
        beginning.enrol(caller, "port", [port], backend)
        quota.record(caller.project, {port.pk: {"ports": 1}})
        subnet = _subnet(network, plug.nic.ip) if plug.nic.ip else None
        if subnet and not take_address(port, subnet, plug.nic.ip):
            raise Conflict(reason=_taken(subnet, plug))


def _taken(subnet: Subnet, plug: Plug) -> str:
    """Who has its address, and what to do about it."""
    row = Address.objects.filter(subnet=subnet, ip=plug.nic.ip).select_related("port", "foreign").first()
    other = _whose(row.port) if row and row.port else f"Instance {row.foreign.instance}" if row else "Another port"
    advice = _changing(plug.instance, plug.nic, "ip=ADDRESS")
    return f"{other} has the address {plug.nic.ip} of its interface {plug.nic.uuid}. {advice}"


def _whose(port: Port) -> str:
    return f"Port {port.pk} of server {port.device}" if port.device else f"Port {port.pk}"


def _changing(instance: str, nic: Nic, change: str) -> str:
    """What to do: Ganeti's words for giving it another."""
    words = f"gnt-instance modify --net {nic.uuid}:modify,{change} {instance}"
    return f"Delete what has it, or give the interface another with `{words}` on its cluster's master and reboot it."


def is_uuid(word: str) -> bool:
    """Is it a UUID as we write them?"""
    try:
        return str(uuid.UUID(word)) == word
    except ValueError:
        return False
