"""What may be asked of floating addresses: each function is one transaction. Nodes ask for what follows, within seconds.

Called by the facades. An address is taken from the external network's pools as ports take theirs, and is held by its row.
"""

import ipaddress

import msgspec
from django.conf import settings
from django.db import IntegrityError, transaction

from logic import clock
from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger.store import store
from logic.network import addresses, fields, tagging
from logic.network.floating import queries as known
from logic.network.floating import refusals
from logic.network.models import Address, FloatingAddress, Network, Port, Router, Subnet
from logic.network.routing import gateways, through
from logic.network.routing import switch as routing
from logic.network.security import switch
from logic.network.states import Observed
from logic.quota import commands as quota
from logic.transactions import atomically

QUOTA = "floating_ips"
MAX_TEXT = 255
ROUTED = "routed"


class NewFloating(msgspec.Struct, frozen=True, kw_only=True):
    """One asked for: of an external network, perhaps of one subnet of it, perhaps a certain address (administrators), perhaps
    for a port and one of its addresses. ``project`` empty: the caller's."""

    network: str
    subnet: str = ""
    ip: str = ""
    port: str = ""
    fixed: str = ""
    description: str = ""
    project: str = ""


@atomically
def create_floating_ip(caller: Caller, wanted: NewFloating) -> str:
    """Its id. Raises :class:`NotFound`, :class:`BadRequest`, :class:`QuotaExceeded`, :class:`Forbidden`, and what ``refusals``
    has."""
    require(caller, "member", "create a floating address")
    switch.require()
    project = _project(caller, wanted)
    _check_text(wanted.description)
    subnets = _subnets(_external(caller, wanted.network), wanted.subnet)
    quota.check(project, {QUOTA: 1})
    row = FloatingAddress(project=project, description=wanted.description, address=_taken(caller, subnets, wanted))
    row.save(force_insert=True)
    quota.record(project, {row.pk: {QUOTA: 1}})
    if wanted.port:
        _associate(caller, row, wanted.port, wanted.fixed)
    return row.pk


@atomically
def associate(caller: Caller, id: str, port: str, fixed: str = "") -> None:
    """It stands for this port's address from now on, for whatever it stood before; ``port`` empty: for nothing. Raises
    :class:`NotFound`, :class:`BadRequest`, and what ``refusals`` has."""
    require(caller, "member", "associate a floating address")
    row = _held(caller, id)
    if port:
        _associate(caller, row, port, fixed)
    else:
        _write(row, port=None, fixed="", router=None)


@atomically
def describe(caller: Caller, id: str, description: str) -> None:
    """Raises :class:`NotFound`, :class:`BadRequest`."""
    require(caller, "member", "change a floating address")
    _check_text(description)
    _write(_held(caller, id), description=description)


@atomically
def release(caller: Caller, id: str) -> None:
    """It is anybody's again. Raises :class:`NotFound`."""
    require(caller, "member", "delete a floating address")
    row = _held(caller, id)
    row.delete()
    row.address.delete()
    tagging.forget([id])
    store().release([id])


def _project(caller: Caller, wanted: NewFloating) -> str:
    if wanted.project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating a floating address in another project", needs="admin")
    fields.check(caller, "create_floatingip", fields.asked(wanted))
    return wanted.project or caller.project


def _check_text(description: str) -> None:
    if len(description) > MAX_TEXT:
        raise BadRequest(reason=f"The description of a floating address has at most {MAX_TEXT} characters. Shorten it.")


def _external(caller: Caller, id: str) -> Network:
    network = gateways.external(caller, id)
    if network.mode != ROUTED and not routing.on():
        raise BadRequest(reason=f"Network {id} is not routed by the nodes: nothing of it can float.")
    return network


def _subnets(network: Network, chosen: str) -> list[Subnet]:
    found = list(Subnet.objects.filter(network=network, ip_version=4).order_by("created_at", "id"))
    if not found:
        raise BadRequest(reason=f"Network {network.pk} does not contain any IPv4 subnet. Choose another.")
    if chosen and chosen not in {one.pk for one in found}:
        raise BadRequest(
            reason=f"Subnet {chosen} is no IPv4 subnet of network {network.pk}. Leave it out, or correct it."
        )
    return [one for one in found if chosen in ("", one.pk)]


def _taken(caller: Caller, subnets: list[Subnet], wanted: NewFloating) -> Address:
    made = addresses.take_for_nobody(caller, subnets, wanted.ip)
    if made is None and wanted.ip:
        raise refusals.IpAddressAlreadyAllocated(ip=wanted.ip, network=wanted.network)
    if made is None:
        raise refusals.IpAddressGenerationFailure(network=wanted.network)
    return made


def _held(caller: Caller, id: str) -> FloatingAddress:
    """The row, locked. Another tenant's is as unknown as one that never was."""
    row = known.visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=known.KIND, id=id)
    return row


def _associate(caller: Caller, row: FloatingAddress, id: str, fixed: str) -> None:
    port = _port(caller, row, id)
    wanted = _fixed(port, fixed)
    router = _way(row.address.subnet.network, port, wanted)
    try:
        with transaction.atomic():
            _write(row, port=port, fixed=wanted, router=router)
    except IntegrityError as error:
        raise refusals.FloatingIPPortAlreadyAssociated(fixed=wanted, port=id) from error


def _port(caller: Caller, row: FloatingAddress, id: str) -> Port:
    """A living one that the caller sees, of the floating address's own project unless it is an administrator who asks."""
    ports = Port.objects.select_related("network", "backend").exclude(observed=Observed.GONE)
    port = ports.filter(pk=id).first()
    mine = port is not None and (caller.is_admin or port.project == caller.project == row.project)
    if port is None or not mine:
        raise NotFound(kind="port", id=id)
    return port


def _fixed(port: Port, chosen: str) -> str:
    own = [ip for ip in port.addresses.values_list("ip", flat=True) if ipaddress.ip_address(ip).version == 4]  # noqa: PLR2004
    if not own:
        raise BadRequest(reason=f"Cannot add a floating address to port {port.pk}, which has no fixed IPv4 address.")
    if chosen and chosen not in own:
        raise BadRequest(reason=f"Port {port.pk} does not have the fixed address {chosen}. It has {', '.join(own)}.")
    return chosen or own[0]


def _way(external: Network, port: Port, fixed: str) -> Router | None:
    """None where the node of the port's guest is its router, and the external network's too: by the same table. Else the router
    that leads there from the port's subnet."""
    inner, links = port.network, [_link(one, port) for one in (external, port.network)]
    if inner.mode == external.mode == ROUTED and links[0] == links[1]:
        return None
    if (found := through.between(external, port, fixed)) is not None:
        return found
    what = "bridged" if inner.mode != ROUTED else f"on {links[1]}, not on {links[0]}"
    why = f"its network is {what}, and no router with a gateway there is on its subnet"
    raise refusals.ExternalGatewayForFloatingIPNotFound(network=external.pk, port=port.pk, why=why)


def _link(network: Network, port: Port) -> str:
    backend = port.backend.nic_link if port.backend else ""
    return str(network.link or backend or settings.GANETI_NIC_LINK)


def _write(row: FloatingAddress, **changes: object) -> None:
    columns = {**changes, "revision": row.revision + 1, "updated_at": clock.now()}
    FloatingAddress.objects.filter(pk=row.pk).update(**columns)
