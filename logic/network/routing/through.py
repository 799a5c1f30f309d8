"""Which router a floating address goes through. Called by ``logic.network.floating`` inside its transactions."""

from logic.network.models import Address, Network, Port, Router
from logic.network.routing import ports, switch
from logic.network.states import Observed


def between(external: Network, port: Port, fixed: str) -> Router | None:
    """The oldest one that leads from the subnet of a port's address to an external network, locked: it leads there until the
    transaction ends."""
    if not switch.on():
        return None
    subnets = Address.objects.filter(port=port, ip=fixed).values("subnet")
    there = Port.objects.filter(device_owner=ports.INTERFACE, addresses__subnet__in=subnets).exclude(
        observed=Observed.GONE
    )
    outside = Port.objects.filter(device_owner=ports.GATEWAY, network=external).exclude(observed=Observed.GONE)
    found = Router.objects.filter(pk__in=there.values("device"), gateway__in=outside.values("pk"))
    return found.select_for_update().order_by("created_at", "id").first()
