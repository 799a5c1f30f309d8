"""The way outside of a router: set, changed, taken away. Called by ``commands`` with the router's row held.

A gateway is a port on an external network, of no project: tenants see its addresses at the router.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.network import addresses, queries, staying
from logic.network.addresses import Place
from logic.network.models import FloatingAddress, Network, Router, Subnet
from logic.network.routing import ports, refusals, routes
from logic.network.states import Observed


class FixedIp(msgspec.Struct, frozen=True):
    """An address wanted outside: any of a subnet, a certain one, or both."""

    subnet: str = ""
    ip: str = ""


class NewGateway(msgspec.Struct, frozen=True, kw_only=True):
    """The way outside that is wanted. ``snat`` None: as it is, at first True; ``fixed`` None: as they are, at first any."""

    network: str
    snat: bool | None = None
    fixed: Sequence[FixedIp] | None = None


def set_gateway(caller: Caller, router: Router, wanted: NewGateway | None) -> dict[str, Any]:
    """The columns that the router has from now on; None: it has no gateway any more. Raises :class:`NotFound`,
    :class:`BadRequest`, :class:`Conflict`, :class:`Forbidden`, and what ``refusals`` has."""
    if wanted is None:
        _leave(caller, router, "")
        return {"gateway": None, "snat": True}
    network = external(caller, wanted.network)
    there = router.gateway if router.gateway and router.gateway.network_id == network.pk else None
    if there and wanted.fixed is None:
        snat = router.snat if wanted.snat is None else wanted.snat
        return {"snat": snat}
    _leave(caller, router, network.pk)
    places = _places(network, wanted.fixed)
    _check_apart(router, [subnet for place in places for subnet in place.subnets])
    port = ports.make(caller, router, network, ports.GATEWAY, places)
    return {"gateway": port, "snat": wanted.snat is not False}


def without_same(router: Router, wanted: NewGateway | UnsetType | None) -> NewGateway | UnsetType | None:
    """Without what is as it is: that asks for nothing; unset, when all of it is."""
    there = router.gateway
    if wanted is UNSET or wanted is None or there is None or there.network_id != wanted.network:
        return UNSET if wanted is None and there is None else wanted
    kept = wanted.fixed is not None and addresses.same(
        there.addresses.all(), [(one.subnet, one.ip) for one in wanted.fixed]
    )
    fixed, snat = None if kept else wanted.fixed, None if wanted.snat == router.snat else wanted.snat
    return UNSET if fixed is None and snat is None else msgspec.structs.replace(wanted, fixed=fixed, snat=snat)


def external(caller: Caller, id: str) -> Network:
    """It stays one until the transaction ends. Raises :class:`NotFound`, :class:`BadRequest`."""
    staying.still([id])
    row = queries.visible(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="network", id=id)
    if not row.external:
        raise BadRequest(reason=f"Network {id} is not a valid external network. Choose one with router:external.")
    return row


def _leave(caller: Caller, router: Router, network: str) -> None:
    """The gateway there is, for one to this network, or none."""
    port = router.gateway
    if port is None:
        return
    routes.check_unneeded(router, [one.subnet for one in port.addresses.select_related("subnet")])
    if port.network_id != network and _floating(router).exists():
        raise refusals.RouterExternalGatewayInUseByFloatingIp(router=router.pk, network=port.network_id)
    Router.objects.filter(pk=router.pk).update(gateway=None)
    ports.end(caller, port.pk)


def _floating(router: Router) -> Any:
    return FloatingAddress.objects.filter(router=router).exclude(port=None).exclude(port__observed=Observed.GONE)


def _places(network: Network, fixed: Sequence[FixedIp] | None) -> list[Place]:
    """One for each address that it gets: those that are wanted, else one of each version of IP."""
    known = list(Subnet.objects.filter(network=network).order_by("created_at", "id"))
    if fixed:
        return [_place(network, known, one) for one in fixed]
    versions = [[one for one in known if one.ip_version == version] for version in (4, 6)]
    if not known:
        raise BadRequest(reason=f"Network {network.pk} has no subnet: a router has no address there. Choose another.")
    return [Place(network=network, subnets=several) for several in versions if several]


def _place(network: Network, known: Sequence[Subnet], wanted: FixedIp) -> Place:
    subnets = [one for one in known if wanted.subnet in ("", one.pk)]
    if not subnets:
        raise BadRequest(
            reason=f"Subnet {wanted.subnet} is not one of network {network.pk}. Correct external_fixed_ips."
        )
    return Place(network=network, subnets=subnets, fixed_ip=wanted.ip)


def _check_apart(router: Router, wanted: Sequence[Subnet]) -> None:
    for subnet in wanted:
        check_apart(subnet, ports.subnets(router))


def check_apart(subnet: Subnet, others: Sequence[Subnet]) -> None:
    """A router cannot tell apart what two of its subnets have both. Raises :class:`BadRequest`."""
    whole = ipaddress.ip_network(subnet.cidr)
    for other in others:
        if other.pk != subnet.pk and whole.overlaps(ipaddress.ip_network(other.cidr)):
            raise BadRequest(
                reason=f"Cidr {subnet.cidr} of subnet {subnet.pk} overlaps with cidr {other.cidr} of subnet {other.pk}."
                " Take one of them off the router."
            )


def check_no_gateway(router: Router) -> None:
    """Raises :class:`Conflict` while floating addresses go through it."""
    if router.gateway and _floating(router).exists():
        raise refusals.RouterExternalGatewayInUseByFloatingIp(router=router.pk, network=router.gateway.network_id)
