"""Making ports: for new servers, and (a child command) for a server that exists. The addresses they get are
``addresses``.

What several servers need is asked and written at once: a request for many takes as many statements as one for one.
"""

from collections.abc import Mapping, Sequence

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller, require
from logic.compute.models import Server
from logic.compute.sharing import held_idle
from logic.db import asked, new_id
from logic.errors import BadRequest, Conflict, NotFound
from logic.kept import Kept
from logic.ledger import beginning
from logic.ledger.store import store
from logic.messages.commands import NicSpec, PlugPort, UnplugPort
from logic.network import addresses, claiming, connecting, queries, refusals, revisions, staying, tagging
from logic.network.addresses import Place
from logic.network.floating import leaving
from logic.network.models import Network, Port, RbacPolicy, Subnet
from logic.network.security import members
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.transactions import atomically

MAC_PREFIX = "fa:16:3e"
_DEFAULT = Kept(lambda project: queries.usable(Caller(user="", project=project)).filter(is_default=True))
_NAMED = Kept(lambda project, *ids: queries.usable(Caller(user="", project=project)).filter(pk__in=ids))
_SUBNETS = Kept(lambda *ids: Subnet.objects.filter(network__in=ids).order_by("created_at", "id"))
_WITH_MACS = (
    "SELECT mac FROM network_port WHERE mac IN ({0}) UNION ALL SELECT mac FROM network_foreign WHERE mac IN ({0})"
)


class NewNic(msgspec.Struct, frozen=True, kw_only=True):
    """An interface asked for: a network (by id), and perhaps a fixed address; or ``port``, one that waits for a server."""

    network: str = ""
    fixed_ip: str = ""
    port: str = ""


def places(caller: Caller, wanted: Sequence[NewNic]) -> list[Place]:
    """Where these interfaces are. Raises :class:`BadRequest` for a network or port that cannot be seen, :class:`PortInUse`."""
    ports = claiming.waiting(caller, [nic.port for nic in wanted if nic.port])
    staying.still({place.network.pk for place in ports.values()})
    fresh = [nic for nic in wanted if not nic.port]
    known = {place.network.pk: place for place in _placed(_seen(caller, sorted({nic.network for nic in fresh})))}
    unknown = [nic.network for nic in fresh if nic.network not in known]
    if unknown:
        raise BadRequest(reason=f"Network {unknown[0]} could not be found. List them with `openstack network list`.")
    return [
        ports[nic.port] if nic.port else msgspec.structs.replace(known[nic.network], fixed_ip=nic.fixed_ip)
        for nic in wanted
    ]


def default_places(caller: Caller) -> list[Place]:
    """Where a server goes unasked: the default networks the caller can see; none when there are none."""
    if _tenant(caller):
        return _placed(_DEFAULT(caller.project))
    return _placed(list(queries.usable(caller).filter(is_default=True)))


def default_nics(caller: Caller) -> list[NewNic]:
    """Those places as interfaces to ask for."""
    return [NewNic(network=row.pk) for row in queries.usable(caller).filter(is_default=True)]


def _tenant(caller: Caller) -> bool:
    """Does the caller see what any member of a project sees?"""
    return bool(caller.project) and not caller.is_admin


def _seen(caller: Caller, ids: Sequence[str]) -> list[Network]:
    if _tenant(caller):
        return _NAMED(caller.project, *ids) if ids else []
    return list(queries.usable(caller).filter(pk__in=ids))


def _placed(networks: list[Network]) -> list[Place]:
    """Of those that are not just being deleted."""
    there = staying.still([row.pk for row in networks])
    networks = [row for row in networks if row.pk in there]
    subnets = _SUBNETS(*[row.pk for row in networks]) if networks else []
    return [_place(row, [one for one in subnets if one.network_id == row.pk]) for row in networks]


def _place(network: Network, subnets: list[Subnet]) -> Place:
    """Clusters know one range of IPv4 of a network that is made there."""
    fours = [one for one in subnets if one.ip_version == 4]  # noqa: PLR2004
    six = [one for one in subnets if one.ip_version == 6 and one.ipv6_mode]  # noqa: PLR2004
    return Place(network=network, subnets=fours[:1] if network.flavor else fours, six=six)


def make_ports(
    caller: Caller, backend: Backend, wanted: Mapping[str, Sequence[Place]], groups: Sequence[str] | None
) -> dict[str, list[NicSpec]]:
    """Ports made with servers (by their ids), owned by them, and those there that are theirs from now on; the interfaces to give
    each one's instance. ``groups`` of new ones are those of ``security.members.for_new_ports``. Inside the caller's
    transaction, which counts new ones (:func:`new_ports`)."""
    asked = [(server, place) for server, places in wanted.items() for place in places]
    made = _make(caller, backend, asked, groups)
    nics: dict[str, list[NicSpec]] = {server: [] for server in wanted}
    for (server, _), (_, nic) in zip(asked, made, strict=True):
        nics[server].append(nic)
    return nics


def bring_along(caller: Caller, backend: Backend, server: Server) -> tuple[NicSpec, ...]:
    """The interfaces of a server that is made again, perhaps on another cluster, in the order in which they came to it. Raises
    :class:`Conflict` while one of them is changed."""
    rows = Port.objects.filter(device=server.pk).exclude(observed="gone")
    held: list[Port] = [beginning.hold("port", id) for id in sorted(rows.values_list("pk", flat=True))]
    for port in held:
        if port.command:
            raise Conflict(reason=f"Port {port.pk} is just being changed. Try again in a few seconds.")
        if port.backend_id != backend.pk:
            beginning.settle_in(caller, "port", port, backend)
    connecting.reach(caller, backend, [port.network for port in held])
    held.sort(key=lambda port: (port.created_at, port.pk))
    return tuple(_nic(port, backend, claiming.address(port)) for port in held)


def new_ports(places: Sequence[Place]) -> int:
    """How many of these interfaces are ports that are to be made."""
    return sum(not place.port for place in places)


@atomically
def plug_port(caller: Caller, server_id: str, wanted: NewNic) -> str:
    """Add an interface to a server: the id of the port, a new one or the one that is wanted. Raises :class:`NotFound`,
    :class:`WrongState`, and as :func:`places`."""
    require(caller, "member", "attach an interface")
    server = held_idle(caller, server_id, "change the interfaces of")
    (place,) = places(caller, [wanted])
    if place.port:
        ((port, nic),) = _make(caller, server.backend, [(server.pk, place)], None)
        _order_plug(caller, server, port, nic, "attach")
        return place.port
    quota.check(caller.project, {"ports": 1})
    groups = members.for_new_ports(caller.project, ())
    ((port, nic),) = _make(caller, server.backend, [(server.pk, place)], groups)
    quota.record(caller.project, {port.pk: {"ports": 1}})
    _order_plug(caller, server, port, nic, "plug")
    return port.pk


def _order_plug(caller: Caller, server: Server, port: Port, nic: NicSpec, verb: str) -> None:
    command = PlugPort(id=new_id(), resource=port.pk, instance=server.instance, nic=nic)
    beginning.begin(caller, "port", port, verb, command)


@atomically
def unplug_port(
    caller: Caller, server_id: str, port_id: str, *, whole: bool = False, expected: int | None = None
) -> None:
    """Remove an interface from a server. Its port goes with it if it was made for it, or is not wanted as a ``whole``;
    ``expected`` is the revision that it has. Raises :class:`NotFound`, :class:`WrongState`, and what ``refusals`` has."""
    require(caller, "member", "detach an interface")
    server = held_idle(caller, server_id, "change the interfaces of")
    port: Port = beginning.hold("port", port_id)
    if port.device != server.pk or port.observed == "gone":
        raise NotFound(kind="port", id=port_id)
    revisions.check(port, expected)
    command = UnplugPort(id=new_id(), resource=port.pk, instance=server.instance)
    beginning.begin(caller, "port", port, "unplug" if port.owned or whole else "release", command)


@atomically
def delete_network(caller: Caller, id: str) -> int:
    """Nobody sees it from now on, and it is removed from the clusters: from how many. Raises :class:`NotFound`, also for one
    that is shared by another project, and :class:`NetworkInUse` while ports are on it, or floating addresses of it stand
    for others. Its subnets go with it, and what of its floating addresses stands for nothing."""
    if not caller.is_admin:
        require(caller, "member", "delete a network")
    row = queries.visible(caller).select_for_update().filter(pk=id).first()
    if row is None or not (caller.is_admin or row.project == caller.project):
        raise NotFound(kind="network", id=id)
    if Port.objects.filter(network=row).exclude(observed="gone").exists():
        raise refusals.NetworkInUse(id=id, what="ports")
    if not leaving.give_up(row):
        raise refusals.NetworkInUse(id=id, what="floating addresses")
    Network.objects.filter(pk=id).update(deleted_at=clock.now(), updated_at=clock.now(), is_default=False)
    subnets = list(Subnet.objects.filter(network=row).values_list("pk", flat=True))
    Subnet.objects.filter(pk__in=subnets).update(subnetpool=None)
    policies = list(RbacPolicy.objects.filter(network=row).values_list("pk", flat=True))
    RbacPolicy.objects.filter(pk__in=policies).delete()
    store().release([id, *subnets, *policies])
    tagging.forget([id, *subnets])
    return connecting.withdraw(caller, row)


def _make(
    caller: Caller, backend: Backend, wanted: Sequence[tuple[str, Place]], groups: Sequence[str] | None
) -> list[tuple[Port, NicSpec]]:
    fresh = [(server, place) for server, place in wanted if not place.port]
    made = iter(_made(caller, backend, fresh, groups))
    there = {place.port: claiming.claim(caller, place.port, server, backend) for server, place in wanted if place.port}
    connecting.reach(caller, backend, [place.network for _, place in wanted])
    found = [there[place.port] if place.port else next(made) for _, place in wanted]
    return [(port, _nic(port, backend, ip)) for port, ip in found]


def _made(
    caller: Caller, backend: Backend, wanted: Sequence[tuple[str, Place]], groups: Sequence[str] | None
) -> list[tuple[Port, str]]:
    """Each with its address."""
    macs = new_macs([place.network.mac_prefix or MAC_PREFIX for _, place in wanted])
    common = {"project": caller.project, "owned": True, "port_security": groups is not None}
    ports = [
        Port(network=place.network, device=server, mac=mac, **common)
        for (server, place), mac in zip(wanted, macs, strict=True)
    ]
    if ports:
        beginning.enrol(caller, "port", ports, backend)
    members.join([port.pk for port in ports], groups or ())
    placed = [(port, place) for port, (_, place) in zip(ports, wanted, strict=True)]
    ips = addresses.assign(caller, placed)
    addresses.assign_six(placed)
    return [(port, ips.get(port.pk, "")) for port in ports]


def _nic(port: Port, backend: Backend, ip: str) -> NicSpec:
    link = port.network.link or backend.nic_link or settings.GANETI_NIC_LINK
    there = connecting.name_of(port.network) if connecting.is_made(backend, port.network) else ""
    return NicSpec(port=port.pk, mac=port.mac, ip=ip, network=there, mode=port.network.mode, link=link)


def new_macs(prefixes: Sequence[str]) -> list[str]:
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
