"""Ports that are there and wait for a server: which of them a request may name, and whose they are from then on.

Called by ``commands`` inside their transactions. What was made without a server outlives the one that it is given to.
"""

from collections.abc import Sequence

from logic.access import Caller
from logic.errors import BadRequest
from logic.ledger import beginning
from logic.network import refusals
from logic.network.addresses import Place
from logic.network.models import Port, Subnet
from logic.network.states import Observed
from logic.placement.models import Backend


def waiting(caller: Caller, ids: Sequence[str]) -> dict[str, Place]:
    """Where these ports are. Raises :class:`BadRequest` for one that cannot be seen or is named twice, :class:`PortInUse`."""
    if not ids:
        return {}
    rows = Port.objects.filter(pk__in=ids).exclude(observed=Observed.GONE).select_related("network")
    found = {row.pk: row for row in rows if caller.is_admin or row.project == caller.project}
    for id in ids:
        if id not in found:
            raise BadRequest(reason=f"Port id {id} could not be found. List them with `openstack port list`.")
        _check(found[id])
    if len(set(ids)) < len(ids):
        raise BadRequest(reason="A port is named twice. A server has each port once.")
    return {id: Place(network=row.network, subnets=[], port=id) for id, row in found.items()}


def claim(caller: Caller, id: str, server: str, backend: Backend) -> tuple[Port, str]:
    """The port, which is this server's from now on, and its first address of IPv4, if it has one. Raises
    :class:`PortInUse`, :class:`BadRequest`."""
    port: Port = beginning.hold("port", id)
    _check(port)
    if port.backend_id != backend.pk:
        beginning.settle_in(caller, "port", port, backend)
    Port.objects.filter(pk=id).update(device=server, device_owner="", host="")
    port.device, port.device_owner, port.host = server, "", ""
    beginning.note(caller, "port", id, "claimed", f"for server {server}")
    return port, address(port)


def address(port: Port) -> str:
    """That of IPv4 which clusters know: on one that is made there, out of its first range; nodes hear of the others."""
    first = Subnet.objects.filter(network=port.network_id, ip_version=4).order_by("created_at", "id").first()
    held = port.addresses.filter(subnet__ip_version=4)
    if port.network.flavor and first:
        held = held.filter(subnet=first)
    return next(iter(held.values_list("ip", flat=True)), "")


def _check(port: Port) -> None:
    if port.network.deleted_at is not None:
        raise BadRequest(reason=f"The network of port {port.pk} was deleted. Make a port on another one.")
    theirs = port.device or port.device_owner.startswith("network:")
    if theirs or port.observed != Observed.NONE or port.command:
        raise refusals.PortInUse(port=port.pk, network=port.network_id, device=port.device or port.device_owner)
