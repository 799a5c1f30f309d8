"""Reading servers, flavors and keypairs. Pages go by key, so that the hundredth costs what the first does."""

import datetime
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from logic.access import Caller
from logic.compute import states
from logic.compute.models import Flavor, KeyPair, Server
from logic.compute.states import Mode, NovaStatus, Observed
from logic.errors import BadRequest, NotFound
from logic.ledger.resources import state_of
from logic.network.queries import AddressInfo, addresses

SORTABLE = {"created_at", "updated_at", "name", "id", "launched_at", "terminated_at", "project", "user"}


class FlavorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A flavor. ``ram`` MiB, ``disk`` GiB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    is_public: bool
    disabled: bool
    description: str | None
    extra_specs: dict[str, str]


class KeyPairInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    user: str
    name: str
    type: str
    public_key: str
    fingerprint: str
    created_at: datetime.datetime


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a server is in error: ``message`` is for the tenant."""

    message: str
    code: str
    at: datetime.datetime


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A server as the API tells it. ``status``, ``task``, ``vm_state`` and ``power`` are Nova's words; ``host`` the
    cluster, ``instance`` its name there; ``flavor`` what it was made from."""

    id: str
    name: str
    description: str | None
    project: str
    user: str
    status: str
    task: str | None
    vm_state: str
    power: int
    flavor: FlavorInfo
    image: str
    key_name: str
    metadata: dict[str, str]
    addresses: list[AddressInfo]
    availability_zone: str
    host: str
    instance: str
    fault: Fault | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    launched_at: datetime.datetime | None
    terminated_at: datetime.datetime | None


class ServerFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list may be narrowed by. ``name`` is a regular expression, as Nova's; ``all_projects`` is for admins;
    ``changes_since`` includes the deleted."""

    name: str = ""
    status: list[str] = []
    flavor: str = ""
    image: str = ""
    host: str = ""
    ids: list[str] | None = None
    project: str = ""
    user: str = ""
    ip: str = ""
    key_name: str = ""
    changes_since: datetime.datetime | None = None
    changes_before: datetime.datetime | None = None
    deleted: bool = False
    all_projects: bool = False


def server(caller: Caller, id: str) -> ServerInfo:
    """Raises :class:`NotFound`; for a deleted or another tenant's server too."""
    rows = _visible(caller, all_projects=True).exclude(observed=Observed.GONE).filter(pk=id)
    return _infos(_found(rows, "server", id))[0]


def servers(
    caller: Caller,
    wanted: ServerFilter = ServerFilter(),  # noqa: B008 - frozen
    *,
    sort: list[tuple[str, str]] | None = None,
    limit: int = 1000,
    marker: str = "",
) -> list[ServerInfo]:
    """A page of servers after ``marker``, newest first unless ``sort`` says otherwise."""
    rows = _narrowed(_visible(caller, all_projects=wanted.all_projects and caller.is_admin), wanted)
    keys = _keys(sort)
    if marker:
        rows = rows.filter(_after(keys, _marker(caller, marker)))
    ordered = rows.order_by(*[("-" if way == "desc" else "") + key for key, way in keys])
    return _infos(list(ordered.select_related("backend")[:limit]))


def _visible(caller: Caller, *, all_projects: bool) -> QuerySet[Server]:
    rows = Server.objects.select_related("backend")
    return rows if caller.is_admin and all_projects else rows.filter(project=caller.project)


def _found(rows: QuerySet[Server], kind: str, id: str) -> list[Server]:
    found = list(rows[:1])
    if not found:
        raise NotFound(kind=kind, id=id)
    return found


def _narrowed(rows: QuerySet[Server], wanted: ServerFilter) -> QuerySet[Server]:
    same: dict[str, Any] = {
        "flavor_id": wanted.flavor,
        "image": wanted.image,
        "backend__name": wanted.host,
        "project": wanted.project,
        "user": wanted.user,
        "key_name": wanted.key_name,
        "name__regex": wanted.name,
        "updated_at__gte": wanted.changes_since,
        "updated_at__lte": wanted.changes_before,
        "pk__in": wanted.ids,
    }
    rows = rows.filter(**{key: value for key, value in same.items() if value or value == []})
    if wanted.ip:
        rows = rows.filter(pk__in=_with_address(wanted.ip))
    if wanted.status:
        rows = rows.filter(_status(wanted.status))
    if wanted.deleted:
        return rows.filter(observed=Observed.GONE)
    return rows if wanted.changes_since else rows.exclude(observed=Observed.GONE)


def _with_address(ip: str) -> list[str]:
    from logic.network.models import Address  # noqa: PLC0415 - one filter's need

    return list(Address.objects.filter(ip__startswith=ip).values_list("port__device", flat=True))


def _status(words: list[str]) -> Q:
    """Nova's words as conditions on the three columns: the inverse of ``states.nova_status``."""
    rules: dict[str, Q] = {
        NovaStatus.DELETED: Q(observed=Observed.GONE),
        NovaStatus.ERROR: Q(mode=Mode.FAILED, verb__in=["", *_DELETES]) & ~Q(observed=Observed.GONE),
        NovaStatus.BUILD: _sound(Q(verb="create") | Q(observed=Observed.NONE, verb__in=_DELETES)),
        NovaStatus.REBOOT: Q(verb="reboot"),
        NovaStatus.HARD_REBOOT: Q(verb="reboot-hard"),
        NovaStatus.ACTIVE: _sound(
            Q(observed=Observed.RUNNING, verb__in=["", *_DELETES])
            | Q(verb="stop")
            | Q(observed=Observed.REMOVED, verb__in=["", *_DELETES])
        ),
        NovaStatus.SHUTOFF: _sound(
            Q(observed__in=[Observed.STOPPED, Observed.CRASHED], verb__in=["", *_DELETES]) | Q(verb="start")
        ),
        NovaStatus.UNKNOWN: _sound(Q(observed=Observed.NONE, verb="")),
    }
    chosen = Q(pk__in=[])
    for word in words:
        chosen |= rules.get(word.upper(), Q(pk__in=[]))
    return chosen


_DELETES = ["delete", "delete-force"]


def _sound(condition: Q) -> Q:
    return condition & ~Q(observed=Observed.GONE) & ~(Q(mode=Mode.FAILED) & Q(verb__in=["", *_DELETES]))


def _keys(sort: list[tuple[str, str]] | None) -> list[tuple[str, str]]:
    keys = sort or [("created_at", "desc")]
    unknown = [key for key, _ in keys if key not in SORTABLE]
    if unknown:
        raise BadRequest(reason=f"Servers cannot be sorted by {unknown[0]}. Use one of {', '.join(sorted(SORTABLE))}.")
    return keys if any(key == "id" for key, _ in keys) else [*keys, ("id", keys[-1][1])]


def _marker(caller: Caller, marker: str) -> Server:
    row = _visible(caller, all_projects=True).filter(pk=marker).first()
    if row is None:
        raise BadRequest(reason=f"The marker {marker!r} could not be found. Use the id of the last server of a page.")
    return row


def _after(keys: list[tuple[str, str]], last: Server) -> Q:
    """Rows that come after ``last`` in this order: (a > x) or (a = x and b > y) …"""
    condition, equal = Q(pk__in=[]), Q()
    for key, way in keys:
        value = getattr(last, key)
        condition |= equal & Q(**{f"{key}__{'lt' if way == 'desc' else 'gt'}": value})
        equal &= Q(**{key: value})
    return condition


def _infos(rows: list[Server]) -> list[ServerInfo]:
    found = addresses([row.pk for row in rows])
    return [_info(row, found.get(row.pk, [])) for row in rows]


def _info(row: Server, known: list[AddressInfo]) -> ServerInfo:
    state = state_of(row)
    status = states.nova_status(state)
    failed = status == NovaStatus.ERROR and state.fault
    same = ("id", "name", "description", "project", "user", "image", "key_name", "metadata", "availability_zone")
    times = ("created_at", "updated_at", "launched_at", "terminated_at")
    return ServerInfo(
        **{name: getattr(row, name) for name in same + times},
        status=status,
        task=states.nova_task(state),
        vm_state=states.nova_vm_state(state),
        power=states.nova_power(state),
        flavor=_flavor_of(row),
        addresses=known,
        host=row.backend.name if row.backend else "",
        instance=row.instance,
        fault=Fault(message=state.fault, code=state.fault_code, at=row.updated_at) if failed else None,
    )


def _flavor_of(row: Server) -> FlavorInfo:
    return FlavorInfo(
        id=row.flavor_id,
        name=row.flavor_name,
        vcpus=row.vcpus,
        ram=row.ram,
        disk=row.disk,
        is_public=True,
        disabled=False,
        description=None,
        extra_specs=row.extra_specs,
    )


def flavors(caller: Caller, *, is_public: bool | None = True) -> list[FlavorInfo]:
    """Flavors on offer; ``is_public`` None: also private ones, for admins."""
    rows = Flavor.objects.filter(disabled=False)
    if is_public is not None or not caller.is_admin:
        rows = rows.filter(is_public=True if not caller.is_admin else bool(is_public))
    return [_flavor(row) for row in rows]


def flavor(caller: Caller, id: str) -> FlavorInfo:
    """Raises :class:`NotFound`."""
    rows = Flavor.objects.all() if caller.is_admin else Flavor.objects.filter(is_public=True)
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(kind="flavor", id=id)
    return _flavor(row)


def _flavor(row: Flavor) -> FlavorInfo:
    return FlavorInfo(**{name: getattr(row, name) for name in FlavorInfo.__struct_fields__})


def keypairs(caller: Caller, *, user: str = "") -> list[KeyPairInfo]:
    """A user's keys; another user's only for admins."""
    owner = user if user and caller.is_admin else caller.user
    return [_keypair(row) for row in KeyPair.objects.filter(user=owner)]


def keypair(caller: Caller, name: str, *, user: str = "") -> KeyPairInfo:
    """Raises :class:`NotFound`."""
    owner = user if user and caller.is_admin else caller.user
    row = KeyPair.objects.filter(user=owner, name=name).first()
    if row is None:
        raise NotFound(kind="keypair", id=name)
    return _keypair(row)


def _keypair(row: KeyPair) -> KeyPairInfo:
    return KeyPairInfo(**{name: getattr(row, name) for name in KeyPairInfo.__struct_fields__})
