"""The ports of routers: one on each network that a router joins, and its gateway's.

Called by the commands beside it, inside their transactions, with the router's row held. No cluster plugs them: the node that
carries the router does.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

from django.db.models import QuerySet

from logic import clock
from logic.access import Caller
from logic.ledger import beginning
from logic.ledger.store import store
from logic.network import addresses, commands
from logic.network.addresses import Place
from logic.network.models import Network, Port, Router, Subnet
from logic.network.states import Observed

INTERFACE: Final = "network:router_interface"
GATEWAY: Final = "network:router_gateway"
KINDS: Final = (INTERFACE, GATEWAY)


def of(routers: Sequence[str]) -> QuerySet[Port]:
    """All that they have."""
    return Port.objects.filter(device__in=routers, device_owner__in=KINDS).exclude(observed=Observed.GONE)


def interfaces(router: Router) -> QuerySet[Port]:
    """Oldest first."""
    return of([router.pk]).filter(device_owner=INTERFACE).order_by("created_at", "id")


def subnets(router: Router) -> list[Subnet]:
    """Those that it has an address on, its gateway's too."""
    return list(Subnet.objects.filter(addresses__port__in=of([router.pk])).order_by("created_at", "id").distinct())


def make(caller: Caller, router: Router, network: Network, kind: str, places: Sequence[Place]) -> Port:
    """A port with an address of each of these places. Its quota is the caller's affair. Raises :class:`BadRequest`,
    :class:`Conflict`."""
    (mac,) = commands.new_macs([network.mac_prefix or commands.MAC_PREFIX])
    project = router.project if kind == INTERFACE else ""
    port = Port(network=network, project=project, device=router.pk, device_owner=kind, mac=mac)
    beginning.enrol(caller, "port", [port], None)
    beginning.appear(caller, "port", port, Observed.PLUGGED)
    for place in places:
        addresses.assign(caller, [(port, place)])
    return port


def end(caller: Caller, id: str) -> None:
    """It is gone, with its addresses, and its quota."""
    port: Port = beginning.hold("port", id)
    beginning.end(caller, "port", port)
    store().end([], [id], clock.now())


def plain(ip: str) -> str:
    """An address as it is kept."""
    return str(ipaddress.ip_address(ip))
