"""Making ports: for new servers, and (a child command) for a server that exists. The addresses they get are
``addresses``.

What several servers need is asked and written at once: a request for many takes as many statements as one for one.
"""

from collections.abc import Mapping, Sequence

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller, require
from logic.compute.sharing import held_idle
from logic.db import asked, new_id
from logic.errors import BadRequest, Conflict, NotFound
from logic.kept import Kept
from logic.ledger import beginning
from logic.messages.commands import NicSpec, PlugPort, UnplugPort
from logic.network import addresses, connecting, queries
from logic.network.addresses import Place
from logic.network.models import FloatingAddress, Network, Port, Subnet
from logic.network.security import members
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.transactions import atomically

MAC_PREFIX = "fa:16:3e"
_DEFAULT = Kept(lambda project: queries.visible(Caller(user="", project=project)).filter(is_default=True))
_NAMED = Kept(lambda project, *ids: queries.visible(Caller(user="", project=project)).filter(pk__in=ids))
_SUBNETS = Kept(lambda *ids: Subnet.objects.filter(ip_version=4, network__in=ids).order_by("created_at", "id"))
_WITH_MACS = (
    "SELECT mac FROM network_port WHERE mac IN ({0}) UNION ALL SELECT mac FROM network_foreign WHERE mac IN ({0})"
)


class NewNic(msgspec.Struct, frozen=True, kw_only=True):
    """An interface asked for: a network (by id), and perhaps a fixed address."""

    network: str
    fixed_ip: str = ""


def places(caller: Caller, wanted: Sequence[NewNic]) -> list[Place]:
    """Where these interfaces are. Raises :class:`BadRequest` for a network that cannot be seen."""
    known = {place.network.pk: place for place in _placed(_seen(caller, sorted({nic.network for nic in wanted})))}
    unknown = [nic.network for nic in wanted if nic.network not in known]
    if unknown:
        raise BadRequest(reason=f"Network {unknown[0]} could not be found. List them with `openstack network list`.")
    return [msgspec.structs.replace(known[nic.network], fixed_ip=nic.fixed_ip) for nic in wanted]


def default_places(caller: Caller) -> list[Place]:
    """Where a server goes unasked: the default networks the caller can see; none when there are none."""
    if _tenant(caller):
        return _placed(_DEFAULT(caller.project))
    return _placed(list(queries.visible(caller).filter(is_default=True)))


def default_nics(caller: Caller) -> list[NewNic]:
    """Those places as interfaces to ask for."""
    return [NewNic(network=row.pk) for row in queries.visible(caller).filter(is_default=True)]


def _tenant(caller: Caller) -> bool:
    """Does the caller see what any member of a project sees?"""
    return bool(caller.project) and not caller.is_admin


def _seen(caller: Caller, ids: Sequence[str]) -> list[Network]:
    if _tenant(caller):
        return _NAMED(caller.project, *ids) if ids else []
    return list(queries.visible(caller).filter(pk__in=ids))


def _placed(networks: list[Network]) -> list[Place]:
    subnets = _SUBNETS(*[row.pk for row in networks]) if networks else []
    return [Place(network=row, subnets=[one for one in subnets if one.network_id == row.pk]) for row in networks]


def make_ports(
    caller: Caller, backend: Backend, wanted: Mapping[str, Sequence[Place]], groups: Sequence[str] | None
) -> dict[str, list[NicSpec]]:
    """Ports made with servers (by their ids), owned by them; the interfaces to give each one's instance. ``groups`` are those
    of ``security.members.for_new_ports``. Inside the caller's transaction, which counts them."""
    asked = [(server, place) for server, places in wanted.items() for place in places]
    made = _make(caller, backend, asked, groups)
    nics: dict[str, list[NicSpec]] = {server: [] for server in wanted}
    for (server, _), (_, nic) in zip(asked, made, strict=True):
        nics[server].append(nic)
    return nics


@atomically
def plug_port(caller: Caller, server_id: str, wanted: NewNic) -> str:
    """Add an interface to a server: the new port's id. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "attach an interface")
    server = held_idle(caller, server_id, "change the interfaces of")
    (place,) = places(caller, [wanted])
    quota.check(caller.project, {"ports": 1})
    groups = members.for_new_ports(caller.project, ())
    ((port, nic),) = _make(caller, server.backend, [(server.pk, place)], groups)
    quota.record(caller.project, {port.pk: {"ports": 1}})
    command = PlugPort(id=new_id(), resource=port.pk, instance=server.instance, nic=nic)
    beginning.begin(caller, "port", port, "plug", command)
    return port.pk


@atomically
def unplug_port(caller: Caller, server_id: str, port_id: str) -> None:
    """Remove an interface from a server. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "detach an interface")
    server = held_idle(caller, server_id, "change the interfaces of")
    port: Port = beginning.hold("port", port_id)
    if port.device != server.pk or port.observed == "gone":
        raise NotFound(kind="port", id=port_id)
    beginning.begin(caller, "port", port, "unplug", UnplugPort(id=new_id(), resource=port.pk, instance=server.instance))


@atomically
def delete_network(caller: Caller, id: str) -> int:
    """Nobody sees it from now on, and it is removed from the clusters: from how many. Raises :class:`NotFound`, also for one
    that is shared by another project, and :class:`Conflict` while ports are on it."""
    if not caller.is_admin:
        require(caller, "member", "delete a network")
    row = queries.visible(caller).select_for_update().filter(pk=id).first()
    if row is None or not (caller.is_admin or row.project == caller.project):
        raise NotFound(kind="network", id=id)
    if Port.objects.filter(network=row).exclude(observed="gone").exists():
        raise Conflict(reason=f"Network {id} still has ports. Delete them, or the servers that they are of, first.")
    if FloatingAddress.objects.filter(address__subnet__network=row).exists():
        raise Conflict(reason=f"Network {id} still has floating addresses. Release them first.")
    Network.objects.filter(pk=id).update(deleted_at=clock.now(), updated_at=clock.now(), is_default=False)
    return connecting.withdraw(caller, row)


def _make(
    caller: Caller, backend: Backend, wanted: Sequence[tuple[str, Place]], groups: Sequence[str] | None
) -> list[tuple[Port, NicSpec]]:
    macs = _new_macs([place.network.mac_prefix or MAC_PREFIX for _, place in wanted])
    common = {"project": caller.project, "owned": True, "port_security": groups is not None}
    ports = [
        Port(network=place.network, device=server, mac=mac, **common)
        for (server, place), mac in zip(wanted, macs, strict=True)
    ]
    beginning.enrol(caller, "port", ports, backend)
    members.join([port.pk for port in ports], groups or ())
    ips = addresses.assign(caller, [(port, place) for port, (_, place) in zip(ports, wanted, strict=True)])
    connecting.reach(caller, backend, [place.network for _, place in wanted])
    return [(port, _nic(port, backend, ips.get(port.pk, ""))) for port in ports]


def _nic(port: Port, backend: Backend, ip: str) -> NicSpec:
    link = port.network.link or backend.nic_link or settings.GANETI_NIC_LINK
    there = connecting.name_of(port.network) if connecting.is_made(backend, port.network) else ""
    return NicSpec(port=port.pk, mac=port.mac, ip=ip, network=there, mode=port.network.mode, link=link)


def _new_macs(prefixes: Sequence[str]) -> list[str]:
    """One for each of these prefixes, in their order, that no port has or had, and no instance that is nobody's."""
    macs: list[str] = []
    while len(macs) < len(prefixes):
        fresh = [_random_mac(prefix) for prefix in prefixes[len(macs) :]]
        places = ", ".join(["%s"] * len(fresh))
        taken = {*macs, *(mac for (mac,) in asked(_WITH_MACS.format(places), [*fresh, *fresh]))}
        for mac in fresh:
            if mac in taken:
                break
            macs.append(mac)
            taken.add(mac)
    return macs


def _random_mac(prefix: str) -> str:
    tail = clock.new_uuid().bytes[:3]
    return ":".join([prefix, *(f"{byte:02x}" for byte in tail)])
