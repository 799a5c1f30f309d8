"""Making ports: for a new server, and (a child command) for a server that exists.

Addresses are handed out here, by us and not by the cluster, so that the API can tell them before the machine exists.
"""

import ipaddress
from collections.abc import Iterator

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller, require
from logic.compute import states
from logic.compute.models import Server
from logic.compute.states import Phase
from logic.db import new_id
from logic.errors import BadRequest, Conflict, NotFound, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import NicSpec, PlugPort, UnplugPort
from logic.network import queries
from logic.network.models import Address, Network, Port, Subnet
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.transactions import atomically

MAC_PREFIX = "fa:16:3e"
WINDOW = 64
PLUGGABLE = frozenset({Phase.ACTIVE, Phase.STOPPED, Phase.CRASHED})


class NewNic(msgspec.Struct, frozen=True, kw_only=True):
    """An interface asked for: a network (by id), and perhaps a fixed address."""

    network: str
    fixed_ip: str = ""


def make_ports(caller: Caller, server: str, backend: Backend, wanted: list[NewNic]) -> list[NicSpec]:
    """Ports made with a server, owned by it; the interfaces to give its instance. Inside the caller's transaction."""
    return [_make(caller, server, backend, nic, owned=True)[1] for nic in wanted]


def default_nics(caller: Caller) -> list[NewNic]:
    """Where a server goes unasked: the default networks the caller can see; none when there are none."""
    return [NewNic(network=row.pk) for row in queries.visible(caller).filter(is_default=True)]


@atomically
def plug_port(caller: Caller, server_id: str, wanted: NewNic) -> str:
    """Add an interface to a server: the new port's id. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "attach an interface")
    server = _held_idle(caller, server_id)
    port, nic = _make(caller, server.pk, server.backend, wanted, owned=True)
    command = PlugPort(id=new_id(), resource=port.pk, instance=server.instance, nic=nic)
    beginning.begin(caller, "port", port, "plug", command)
    return port.pk


@atomically
def unplug_port(caller: Caller, server_id: str, port_id: str) -> None:
    """Remove an interface from a server. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "detach an interface")
    server = _held_idle(caller, server_id)
    port: Port = beginning.hold("port", port_id)
    if port.device != server.pk or port.observed == "gone":
        raise NotFound(kind="port", id=port_id)
    beginning.begin(caller, "port", port, "unplug", UnplugPort(id=new_id(), resource=port.pk, instance=server.instance))


def _held_idle(caller: Caller, server_id: str) -> Server:
    """The server, locked, with no lifecycle command in flight: child commands share it only with each other."""
    server: Server = beginning.hold("server", server_id)
    if server.project != caller.project and not caller.is_admin:
        raise NotFound(kind="server", id=server_id)
    phase = states.phase(state_of(server))
    if phase not in PLUGGABLE:
        advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
        raise WrongState(
            action="change the interfaces of", kind="server", id=server_id, state=str(phase), advice=advice
        )
    return server


def _make(caller: Caller, server: str, backend: Backend, wanted: NewNic, *, owned: bool) -> tuple[Port, NicSpec]:
    network = queries.visible(caller).filter(pk=wanted.network).first()
    if network is None:
        raise BadRequest(
            reason=f"Network {wanted.network} could not be found. List them with `openstack network list`."
        )
    port = Port(network=network, project=caller.project, device=server, owned=owned, mac=_new_mac())
    beginning.enrol(caller, "port", port, backend)
    quota.charge(caller.project, {"ports": 1}, port.pk)
    addresses = _assign(caller, port, network, wanted.fixed_ip)
    link = network.link or backend.nic_link or settings.GANETI_NIC_LINK
    return port, NicSpec(port=port.pk, mac=port.mac, ip=addresses[0] if addresses else "", mode=network.mode, link=link)


def _new_mac() -> str:
    while True:
        tail = clock.new_uuid().bytes[:3]
        mac = ":".join([MAC_PREFIX, *(f"{byte:02x}" for byte in tail)])
        if not Port.objects.filter(mac=mac).exists():
            return mac


def _assign(caller: Caller, port: Port, network: Network, fixed_ip: str) -> list[str]:
    subnets = list(network.subnets.filter(ip_version=4).order_by("created_at", "id"))
    if fixed_ip:
        return [_take_fixed(caller, port, subnets, fixed_ip)]
    if not subnets:
        return []
    for subnet in subnets:
        taken = _take_next(port, subnet)
        if taken:
            return [taken]
    raise Conflict(reason=f"No more addresses on network {network.pk}. Delete a port there or choose another network.")


def _take_fixed(caller: Caller, port: Port, subnets: list[Subnet], fixed_ip: str) -> str:
    try:
        wanted = ipaddress.ip_address(fixed_ip)
    except ValueError:
        raise BadRequest(reason=f"{fixed_ip!r} is not an IP address.") from None
    for subnet in subnets:
        if wanted in ipaddress.ip_network(subnet.cidr):
            _usable(caller, subnet, wanted)
            if not take_address(port, subnet, str(wanted)):
                raise Conflict(reason=f"Address {wanted} is in use. Choose another, or leave it out to be given one.")
            return str(wanted)
    raise BadRequest(reason=f"Address {wanted} is not in any subnet of network {port.network_id}.")


def _usable(caller: Caller, subnet: Subnet, wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Nobody takes the gateway's address or one that is no host's; outside the pools only administrators take any."""
    whole = ipaddress.ip_network(subnet.cidr)
    if str(wanted) == subnet.gateway or wanted in (whole.network_address, whole.broadcast_address):
        raise BadRequest(
            reason=f"Address {wanted} is the gateway's or no host's address in {subnet.cidr}. Choose another."
        )
    pooled = any(ipaddress.ip_address(low) <= wanted <= ipaddress.ip_address(high) for low, high in subnet.pools)  # type: ignore[operator]
    if not pooled and not caller.is_admin:
        pools = ", ".join(f"{low} to {high}" for low, high in subnet.pools)
        raise BadRequest(reason=f"Address {wanted} is outside the allocation pools of its subnet ({pools}).")


def _take_next(port: Port, subnet: Subnet) -> str:
    """The first free address, looking from where the last ones were given out."""
    start = Address.objects.filter(subnet=subnet).count()
    for window in _windows(subnet, start):
        used = set(Address.objects.filter(subnet=subnet, ip__in=window).values_list("ip", flat=True))
        for ip in window:
            if ip not in used and take_address(port, subnet, ip):
                return ip
    return ""


def _windows(subnet: Subnet, start: int) -> Iterator[list[str]]:
    """Addresses of the pools, from ``start`` on and around, a window at a time."""
    spans = [(int(ipaddress.ip_address(low)), int(ipaddress.ip_address(high))) for low, high in subnet.pools]
    size = sum(high - low + 1 for low, high in spans)
    for offset in range(0, size, WINDOW):
        places = [(start + place) % size for place in range(offset, min(offset + WINDOW, size))]
        yield [_nth(spans, place) for place in places]


def _nth(spans: list[tuple[int, int]], place: int) -> str:
    for low, high in spans:
        if place <= high - low:
            return str(ipaddress.ip_address(low + place))
        place -= high - low + 1
    raise IndexError(place)


def take_address(port: Port, subnet: Subnet, ip: str) -> bool:
    """Take an address for a port; was it free? Who takes the same one at the same time waits here, and only one has it."""
    Address.objects.bulk_create([Address(subnet=subnet, port=port, ip=ip)], ignore_conflicts=True)
    return Address.objects.filter(subnet=subnet, port=port, ip=ip).exists()
