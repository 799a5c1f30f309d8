"""What instances that are nobody's hold of our networks: their addresses and MACs are not handed out while they are there.

``hold`` is called by ``logic.reconcile.orphans`` with what a complete look found, ``release`` by ``adopting`` for an instance
that is taken over, both in their transactions. An address held is a row of ``Address`` like any other, only without a port,
so that handing addresses out costs no look at those that are held.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.conf import settings

from logic.messages.observations import Nic
from logic.network.models import Address, Foreign, Subnet
from logic.placement.models import Backend

Interface = tuple[str, str, str, str]  # its instance, its MAC, a subnet of ours and its address there; or neither


def hold(backend: Backend, found: Mapping[str, Sequence[Nic]]) -> None:
    """These instances, by their names, are nobody's on the cluster, and no others: what others held is free. An address
    that a port of ours has is the port's, and is held from the first look after that."""
    known = {_interface(row): row for row in Foreign.objects.filter(backend=backend).select_related("address")}
    wanted = set(_interfaces(backend, found))
    _free(row for interface, row in known.items() if interface not in wanted)
    for instance, mac, subnet, ip in sorted(wanted - known.keys()):
        address = _taken(subnet, ip) if subnet else None
        Foreign.objects.create(backend=backend, instance=instance, mac=mac, address=address)


def release(backend: Backend, instance: str) -> None:
    """It is somebody's from now on."""
    _free(Foreign.objects.filter(backend=backend, instance=instance))


def _interface(row: Foreign) -> Interface:
    place = (row.address.subnet_id, row.address.ip) if row.address else ("", "")
    return row.instance, row.mac, *place


def _interfaces(backend: Backend, found: Mapping[str, Sequence[Nic]]) -> Iterator[Interface]:
    nics = [(instance, nic) for instance, several in found.items() for nic in several]
    subnets = list(Subnet.objects.filter(network__deleted_at=None).select_related("network")) if nics else []
    for instance, nic in nics:
        places = [(one.pk, ip) for one in subnets if (ip := _address(backend, one, nic))]
        yield from ((instance, nic.mac, *place) for place in places or [("", "")])


def _address(backend: Backend, subnet: Subnet, nic: Nic) -> str:
    """The interface's address if it is one of this subnet, on the wire that the subnet's network is on; else nothing."""
    network = subnet.network
    link = network.link or backend.nic_link or settings.GANETI_NIC_LINK
    if network.mode != nic.mode or link not in ("", nic.link):
        return ""
    try:
        ip = ipaddress.ip_address(nic.ip)
    except ValueError:
        return ""
    return str(ip) if ip in ipaddress.ip_network(subnet.cidr) else ""


def _taken(subnet: str, ip: str) -> Address | None:
    Address.objects.bulk_create([Address(subnet_id=subnet, ip=ip)], ignore_conflicts=True)
    return Address.objects.filter(subnet=subnet, ip=ip, port=None, foreign=None, floating=None).first()


def _free(rows: Iterable[Foreign]) -> None:
    gone = list(rows)
    Foreign.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Address.objects.filter(pk__in=[row.address_id for row in gone if row.address_id], port=None).delete()
