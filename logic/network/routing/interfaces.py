"""What a router joins: a subnet, with the address of its gateway, or a port that is there, with whatever addresses that has.

Called by the facades; each function is one transaction, with the locks of ``commands``. A port that became a router's goes
when it is taken off it, whoever made it, as Neutron's do.
"""

from collections.abc import Sequence

import msgspec

from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, NotFound
from logic.ledger import beginning
from logic.network import queries, revisions, staying
from logic.network.addresses import take_address
from logic.network.floating.refusals import IpAddressAlreadyAllocated
from logic.network.models import FloatingAddress, Network, Port, PortGroup, Router, Subnet
from logic.network.refusals import PortInUse
from logic.network.routing import commands, gateways, ports, refusals, routes
from logic.network.routing import queries as known
from logic.network.states import Observed
from logic.quota import commands as quota
from logic.transactions import atomically

ROUTED = "routed"


class InterfaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a router is, or was: ``project`` is the port's."""

    router: str
    port: str
    network: str
    subnets: list[str]
    project: str


@atomically
def add_subnet(caller: Caller, id: str, subnet_id: str) -> InterfaceInfo:
    """Join a subnet by a new port with its gateway's address. Raises :class:`NotFound`, :class:`BadRequest`,
    :class:`QuotaExceeded`, :class:`IpAddressAlreadyAllocated`."""
    require(caller, "member", "add an interface to a router")
    project = _project(caller, id)
    quota.check(project, {"ports": 1})
    router = commands.held(caller, id)
    subnet = _subnet(caller, subnet_id)
    _check_own(caller, subnet)
    _check_joinable(router, subnet.network, [subnet])
    if not subnet.gateway:
        raise BadRequest(
            reason=f"Subnet {subnet.pk} must have a gateway IP for a router. Set gateway_ip, or name a port."
        )
    port = ports.make(caller, router, subnet.network, ports.INTERFACE, ())
    if not take_address(port, subnet, ports.plain(subnet.gateway)):
        raise IpAddressAlreadyAllocated(ip=subnet.gateway, network=subnet.network_id)
    quota.record(project, {port.pk: {"ports": 1}})
    return _joined(router, port, [subnet])


@atomically
def add_port(caller: Caller, id: str, port_id: str) -> InterfaceInfo:
    """Join what a port is on, which is the router's from now on. Raises :class:`NotFound`, :class:`BadRequest`,
    :class:`PortInUse`."""
    require(caller, "member", "add an interface to a router")
    router = commands.held(caller, id)
    port = _free_port(caller, port_id)
    subnets = [one.subnet for one in port.addresses.select_related("subnet")]
    if not subnets or len([one for one in subnets if one.ip_version == 4]) > 1:  # noqa: PLR2004
        raise BadRequest(reason=f"Port {port_id} must have one fixed IPv4 address at most, and some. Take another.")
    _check_joinable(router, port.network, subnets)
    beginning.appear(caller, "port", port, Observed.PLUGGED)
    PortGroup.objects.filter(port=port).delete()
    columns = {"device": router.pk, "device_owner": ports.INTERFACE, "port_security": False}
    Port.objects.filter(pk=port_id).update(**columns)
    return _joined(router, port, subnets)


@atomically
def remove(caller: Caller, id: str, *, subnet: str = "", port: str = "") -> InterfaceInfo:
    """Leave a subnet, or a port. Raises :class:`NotFound`, :class:`BadRequest`, :class:`Conflict`, and what ``refusals`` has."""
    require(caller, "member", "remove an interface from a router")
    if not subnet and not port:
        raise BadRequest(reason="Either subnet_id or port_id must be specified. Give one of them.")
    router = commands.held(caller, id)
    found = _by_port(router, port) if port else _by_subnet(caller, router, subnet)
    subnets = [one.subnet for one in found.addresses.select_related("subnet")]
    if subnet and subnet not in {one.pk for one in subnets}:
        raise Conflict(reason=f"Port {port} of router {id} is not on subnet {subnet}. Name one of them alone.")
    _check_unneeded(router, subnets)
    left = InterfaceInfo(
        router=id, port=found.pk, network=found.network_id, subnets=[one.pk for one in subnets], project=found.project
    )
    ports.end(caller, found.pk)
    revisions.write(router)
    return left


def _project(caller: Caller, id: str) -> str:
    """Whose it is, before anything is locked: usage comes first."""
    return known.router(caller, id).project


def _subnet(caller: Caller, id: str) -> Subnet:
    """As it stays until the transaction ends."""
    staying.still([queries.subnet(caller, id).network])
    return Subnet.objects.select_related("network").get(pk=queries.subnet(caller, id).id)


def _check_own(caller: Caller, subnet: Subnet) -> None:
    """Who has the gateway's address has what all on the subnet send outside: on a shared network that is its owner's to give."""
    if subnet.project != caller.project and not caller.is_admin:
        reason = (
            f"Cannot add interface to router because subnet {subnet.pk} is not owned by project making the request."
        )
        raise BadRequest(reason=f"{reason} Name a port of yours on it instead.")


def _free_port(caller: Caller, id: str) -> Port:
    try:
        port: Port = beginning.hold("port", id)
    except NotFound as error:
        raise NotFound(kind="port", id=id) from error
    if (port.project != caller.project and not caller.is_admin) or port.observed == Observed.GONE:
        raise NotFound(kind="port", id=id)
    if port.device or port.device_owner or port.command:
        raise PortInUse(port=id, network=port.network_id, device=port.device or port.device_owner)
    return port


def _check_joinable(router: Router, network: Network, subnets: Sequence[Subnet]) -> None:
    there = ports.subnets(router)
    if network.mode == ROUTED:
        raise BadRequest(reason=f"Network {network.pk} is routed by the nodes, which are its routers. Choose another.")
    for subnet in subnets:
        if subnet.pk in {one.pk for one in there}:
            raise BadRequest(reason=f"Router {router.pk} already has a port on subnet {subnet.pk}. Choose another.")
        gateways.check_apart(subnet, there)


def _joined(router: Router, port: Port, subnets: Sequence[Subnet]) -> InterfaceInfo:
    revisions.write(router)
    return InterfaceInfo(
        router=router.pk,
        port=port.pk,
        network=port.network_id,
        subnets=[one.pk for one in subnets],
        project=port.project,
    )


def _by_port(router: Router, id: str) -> Port:
    port = ports.interfaces(router).filter(pk=id).first()
    if port is None:
        raise refusals.RouterInterfaceNotFound(router=router.pk, port=id)
    return port


def _by_subnet(caller: Caller, router: Router, id: str) -> Port:
    queries.subnet(caller, id)
    port = ports.interfaces(router).filter(addresses__subnet=id).first()
    if port is None:
        raise refusals.RouterInterfaceNotFoundForSubnet(router=router.pk, subnet=id)
    return port


def _check_unneeded(router: Router, subnets: Sequence[Subnet]) -> None:
    routes.check_unneeded(router, subnets)
    for subnet in subnets:
        through = FloatingAddress.objects.filter(router=router, port__addresses__subnet=subnet)
        if through.exclude(port__observed=Observed.GONE).exists():
            raise refusals.RouterInterfaceInUseByFloatingIP(router=router.pk, subnet=subnet.pk)
