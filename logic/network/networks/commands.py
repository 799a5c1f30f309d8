"""What may be asked of networks: each function is one transaction. Clusters hear of one when a server of it goes there.

Called by the facades. Making servers' interfaces on them is ``logic.network.commands``.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.network import commands, fields, queries, revisions
from logic.network.models import Flavor, FloatingAddress, Network, Port, RbacPolicy
from logic.network.networks import providing, reserving
from logic.network.networks.providing import Provider
from logic.network.refusals import AvailabilityZoneNotFound, ExternalNetworkInUse, InvalidInput, InvalidSharedSetting
from logic.network.security import switch
from logic.network.states import Observed
from logic.placement import queries as placement
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "network"
QUOTA: Final = "networks"
MAX_TEXT: Final = 255
LEAST_MTU, MOST_MTU, USUAL_MTU = 68, 65535, 1500


class NewNetwork(msgspec.Struct, frozen=True, kw_only=True):
    """A network asked for. ``project`` empty: the caller's; ``mtu`` 0: the usual one; ``provider`` None: as the settings have
    tenants' networks."""

    name: str = ""
    description: str = ""
    project: str = ""
    admin_state_up: bool = True
    shared: bool = False
    external: bool = False
    is_default: bool = False
    mtu: int = 0
    port_security: bool = True
    zone_hints: tuple[str, ...] = ()
    provider: Provider | None = None


class NetworkChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a network is changed; None: it stays."""

    name: str | None = None
    description: str | None = None
    admin_state_up: bool | None = None
    shared: bool | None = None
    external: bool | None = None
    is_default: bool | None = None
    mtu: int | None = None
    port_security: bool | None = None


@atomically
def create_networks(caller: Caller, wanted: Sequence[NewNetwork]) -> list[str]:
    """Ids of the new networks, or none of them is made. Raises :class:`Forbidden`, :class:`BadRequest`,
    :class:`AvailabilityZoneNotFound`, :class:`QuotaExceeded`, :class:`NoNetworkAvailable`."""
    require(caller, "member", "create a network")
    for one in wanted:
        _check_new(caller, one)
    projects = [one.project or caller.project for one in wanted]
    for project in sorted(set(projects)):
        quota.check(project, {QUOTA: projects.count(project)})
    ids = [_made(one, project) for one, project in zip(wanted, projects, strict=True)]
    for id, project in zip(ids, projects, strict=True):
        quota.record(project, {id: {QUOTA: 1}})
    return ids


@atomically
def update_network(caller: Caller, id: str, change: NetworkChange, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden` for another's that is shared, :class:`BadRequest`, and what ``refusals``
    has."""
    require(caller, "member", "change a network")
    row = held(caller, id, "changing")
    revisions.check(row, expected)
    columns = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    fields.check(caller, "update_network", {name: one for name, one in columns.items() if one != getattr(row, name)})
    _check_values(columns)
    if row.external and columns.get("external") is False:
        _check_not_external(row)
    if row.shared and columns.get("shared") is False:
        _check_not_shared(row)
    revisions.write(row, **columns)


@atomically
def delete_network(caller: Caller, id: str, expected: int | None = None) -> None:
    """As :func:`logic.network.commands.delete_network`. Raises :class:`NotFound`, :class:`Forbidden`,
    :class:`NetworkInUse`."""
    require(caller, "member", "delete a network")
    row = held(caller, id, "deleting")
    revisions.check(row, expected)
    commands.delete_network(caller, id)


def held(caller: Caller, id: str, action: str) -> Network:
    """The row, locked, of one that is the caller's to change. Raises :class:`NotFound`, :class:`Forbidden`."""
    row = queries.visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=KIND, id=id)
    if not (caller.is_admin or row.project == caller.project):
        raise Forbidden(action=f"{action} a network of another project", needs="admin")
    return row


def _check_new(caller: Caller, one: NewNetwork) -> None:
    if one.project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating a network in another project", needs="admin")
    fields.check(caller, "create_network", fields.asked(one))
    _check_values({**msgspec.structs.asdict(one), "mtu": one.mtu or USUAL_MTU})
    known = {name for name, _ in placement.zones()} if one.zone_hints else ()
    for hint in one.zone_hints:
        if hint not in known:
            raise AvailabilityZoneNotFound(id=hint)


def _check_values(columns: dict[str, Any]) -> None:
    for name in ("name", "description"):
        if len(columns.get(name, "")) > MAX_TEXT:
            raise BadRequest(reason=f"Invalid input for {name}. Reason: it exceeds maximum length of {MAX_TEXT}.")
    if not LEAST_MTU <= columns.get("mtu", USUAL_MTU) <= MOST_MTU:
        raise InvalidInput(reason=f"'mtu' is from {LEAST_MTU} to {MOST_MTU}.")
    if columns.get("admin_state_up") is False and not switch.on():
        raise InvalidInput(reason="nodes of this cloud do not ask what is wanted: admin_state_up cannot be False.")


def _made(one: NewNetwork, project: str) -> str:
    flavor, mode, link = providing.checked(one.provider) if one.provider else ("", "bridged", "")
    row = Network(
        name=one.name,
        description=one.description,
        project=project,
        admin_state_up=one.admin_state_up,
        shared=one.shared,
        external=one.external,
        is_default=one.is_default,
        mtu=one.mtu or USUAL_MTU,
        flavor=flavor,
        mode=mode,
        link=link,
        port_security=one.port_security,
        zone_hints=list(one.zone_hints) or None,
    )
    if one.provider is None:
        reserving.settle(row)
    elif flavor == Flavor.MAC_FILTERED:
        reserving.reserve_prefix(row)
    else:
        row.save(force_insert=True)
    return row.pk


def _check_not_external(row: Network) -> None:
    gateways = Port.objects.filter(network=row, device_owner="network:router_gateway").exclude(observed=Observed.GONE)
    if FloatingAddress.objects.filter(address__subnet__network=row).exists() or gateways.exists():
        raise ExternalNetworkInUse(id=row.pk)


def _check_not_shared(row: Network) -> None:
    """Others' ports may be on it, whom nothing else lets."""
    let = set(RbacPolicy.objects.filter(network=row, action="access_as_shared").values_list("target", flat=True))
    others = Port.objects.filter(network=row).exclude(observed=Observed.GONE).exclude(project__in=[row.project, *let])
    if "*" not in let and others.exists():
        raise InvalidSharedSetting(id=row.pk)
