"""A router's own routes: what is wanted, checked against where it is. Called by ``commands`` and those beside it.

A next hop is on a subnet that the router is on, and is not the router; while a route goes by a subnet, the router stays there.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from logic.network.models import Router, Subnet
from logic.network.routing import ports, refusals

MOST: Final = 30
Route = tuple[str, str]  # destination, nexthop


def checked(router: Router, wanted: Sequence[Route]) -> list[dict[str, str]]:
    """As they are kept: each once. Raises :class:`InvalidRoutes`, :class:`RoutesExhausted`."""
    if len(wanted) > MOST:
        raise refusals.RoutesExhausted(router=router.pk, most=MOST)
    given = [_parsed(one) for one in wanted]
    if len(set(given)) < len(given):
        raise refusals.InvalidRoutes(reason="a route is there twice. Send each once.")
    near = [ipaddress.ip_network(one.cidr) for one in ports.subnets(router)]
    own = set(ports.of([router.pk]).filter(addresses__isnull=False).values_list("addresses__ip", flat=True))
    for _, nexthop in given:
        if not any(ipaddress.ip_address(nexthop) in subnet for subnet in near):
            raise refusals.InvalidRoutes(reason=f"the nexthop {nexthop} is not connected with router {router.pk}.")
        if nexthop in own:
            raise refusals.InvalidRoutes(reason=f"the nexthop {nexthop} is used by router {router.pk} itself.")
    return [{"destination": destination, "nexthop": nexthop} for destination, nexthop in given]


def added(router: Router, wanted: Sequence[Route]) -> list[dict[str, str]]:
    """Those there are, with these. Raises as :func:`checked`."""
    return checked(router, list(dict.fromkeys([*_there(router), *map(_parsed, wanted)])))


def without(router: Router, unwanted: Sequence[Route]) -> list[dict[str, str]]:
    """Those there are, but for these. Raises :class:`InvalidRoutes`."""
    gone = {_parsed(one) for one in unwanted}
    return [{"destination": one[0], "nexthop": one[1]} for one in _there(router) if one not in gone]


def check_unneeded(router: Router, subnets: Sequence[Subnet]) -> None:
    """Raises :class:`RouterInterfaceInUseByRoute` while a route goes by one of these."""
    hops = [ipaddress.ip_address(one["nexthop"]) for one in router.routes]
    for subnet in subnets:
        if any(hop in ipaddress.ip_network(subnet.cidr) for hop in hops):
            raise refusals.RouterInterfaceInUseByRoute(router=router.pk, subnet=subnet.pk)


def _there(router: Router) -> list[Route]:
    return [(one["destination"], one["nexthop"]) for one in router.routes]


def _parsed(given: Route) -> Route:
    """As we write it, whatever spelling was sent."""
    try:
        destination: Any = ipaddress.ip_network(given[0])
        nexthop: Any = ipaddress.ip_address(given[1])
    except ValueError as error:
        raise refusals.InvalidRoutes(reason=f"{error}. Correct it.") from error
    if destination.version != nexthop.version:
        raise refusals.InvalidRoutes(reason=f"the nexthop {nexthop} is not of the version of {destination}.")
    return str(destination), str(nexthop)
