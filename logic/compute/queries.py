"""Reading servers, flavors and keypairs: rows become frozen structs, seen through the caller's eyes.

Called by the API facades, operator commands and ``commands``. What a list of servers holds, and in what order, is
``listing``.
"""

import datetime
from collections import defaultdict

import msgspec
from django.conf import settings
from django.db import DataError
from django.db.models import Count, Q, QuerySet, Sum

from logic import paging
from logic.access import Caller
from logic.compute import listing, states
from logic.compute.listing import ServerFilter
from logic.compute.models import Flavor, KeyPair, Server
from logic.compute.states import NovaStatus, Observed
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger.resources import state_of
from logic.network.queries import AddressInfo, addresses
from logic.placement.models import Backend
from logic.quota import queries as quotas
from logic.quota.queries import QuotaInfo


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
    cluster with Nova's word for how it is, ``instance`` its name there; ``flavor`` what it was made from."""

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
    pinned_zone: str
    user_data: str
    reservation: str
    launch_index: int
    host: str
    host_status: str
    instance: str
    fault: Fault | None
    created_at: datetime.datetime
    updated_at: datetime.datetime
    launched_at: datetime.datetime | None
    terminated_at: datetime.datetime | None


def server(caller: Caller, id: str, *, gone: bool = False) -> ServerInfo:
    """Raises :class:`NotFound`; for another tenant's server too, and for a deleted one unless ``gone``."""
    rows = _visible(caller, all_projects=True).filter(pk=id)
    return _infos(_found(rows if gone else rows.exclude(observed=Observed.GONE), "server", id))[0]


def servers(
    caller: Caller,
    wanted: ServerFilter = ServerFilter(),  # noqa: B008 - frozen
    *,
    sort: listing.Sort | None = None,
    limit: int = 1000,
    marker: str = "",
) -> list[ServerInfo]:
    """A page of servers after ``marker``, newest first unless ``sort`` says otherwise. Raises :class:`BadRequest`,
    :class:`Forbidden` for the servers of all projects."""
    if wanted.all_projects and not caller.is_admin:
        raise Forbidden(action="listing the servers of all projects", needs="admin")
    keys = listing.sort_keys(sort)
    rows = listing.keyed(listing.narrowed(_visible(caller, all_projects=wanted.all_projects), wanted), keys)
    if marker:
        rows = rows.filter(paging.after(keys, _marked(caller, marker, keys)))
    ordered = paging.ordered(rows, keys).select_related("backend")[:limit]
    try:
        return _infos(list(ordered))
    except DataError as error:
        raise BadRequest(reason="The database does not understand one of the filters. Write it more simply.") from error


def _visible(caller: Caller, *, all_projects: bool) -> QuerySet[Server]:
    rows = Server.objects.select_related("backend")
    return rows if caller.is_admin and all_projects else rows.filter(project=caller.project)


def _found(rows: QuerySet[Server], kind: str, id: str) -> list[Server]:
    found = list(rows[:1])
    if not found:
        raise NotFound(kind=kind, id=id)
    return found


def _marked(caller: Caller, marker: str, keys: listing.Sort) -> Server:
    row = listing.keyed(_visible(caller, all_projects=True), keys).filter(pk=marker).first()
    if row is None:
        raise BadRequest(reason="The marker could not be found. Use the id of the last server of a page.")
    return row


def _infos(rows: list[Server]) -> list[ServerInfo]:
    found = addresses([row.pk for row in rows])
    return [_info(row, found.get(row.pk, [])) for row in rows]


def _info(row: Server, known: list[AddressInfo]) -> ServerInfo:
    state = state_of(row)
    status = states.nova_status(state)
    failed = status == NovaStatus.ERROR and state.fault
    return ServerInfo(
        **{name: getattr(row, name) for name in _SAME},
        status=status,
        task=states.nova_task(state),
        vm_state=states.nova_vm_state(state),
        power=states.nova_power(state),
        flavor=_flavor_of(row),
        addresses=known,
        host=row.backend.name if row.backend else "",
        host_status=_host_status(row.backend),
        instance=row.instance,
        fault=Fault(message=state.fault, code=state.fault_code, at=row.updated_at) if failed else None,
    )


_SAME = (
    *("id", "name", "description", "project", "user", "image", "key_name", "metadata", "availability_zone"),
    *("pinned_zone", "user_data", "reservation", "launch_index"),
    *("created_at", "updated_at", "launched_at", "terminated_at"),
)


def _host_status(backend: Backend | None) -> str:
    if backend is None:
        return ""
    return "DOWN" if backend.offline else "MAINTENANCE" if backend.drained else "UP"


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


def usage() -> dict[str, tuple[int, int, int]]:
    """For operators: by cluster, the virtual processors given out, the servers running, the commands under way."""
    living = Server.objects.exclude(observed=Observed.GONE).exclude(backend=None).values("backend__name").order_by()
    totals = living.annotate(
        vcpus_used=Sum("vcpus"),
        running=Count("pk", filter=Q(observed=Observed.RUNNING)),
        busy=Count("pk", filter=~Q(command="")),
    )
    return {row["backend__name"]: (row["vcpus_used"], row["running"], row["busy"]) for row in totals}


def on_hosts() -> dict[str, list[tuple[str, str]]]:
    """For operators: by cluster, the id and name of each living server."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    living = Server.objects.exclude(observed=Observed.GONE).exclude(backend=None).order_by("number")
    for host, id, name in living.values_list("backend__name", "pk", "name"):
        found[host].append((id, name))
    return found


def limits(caller: Caller, project: str) -> dict[str, QuotaInfo]:
    """What a project may have and has. Raises :class:`Forbidden` for another project, unless the caller is an admin."""
    if project != caller.project and not caller.is_admin:
        raise Forbidden(action="looking at the quotas of another project", needs="admin")
    return {**quotas.quotas(project), **_fixed_limits()}


def default_limits() -> dict[str, QuotaInfo]:
    """What a project may have that has no limits of its own."""
    return {**{name: QuotaInfo(amount, 0) for name, amount in quotas.defaults().items()}, **_fixed_limits()}


def _fixed_limits() -> dict[str, QuotaInfo]:
    return {"metadata_items": QuotaInfo(settings.MAX_METADATA_ITEMS, 0)}


FLAVOR_SORTABLE = frozenset({"id", "name", "ram", "vcpus", "disk", "is_public", "disabled"})


def flavors(  # noqa: PLR0913 - what the list takes
    caller: Caller,
    *,
    is_public: bool | None = True,
    min_ram: int = 0,
    min_disk: int = 0,
    sort: listing.Sort | None = None,
    limit: int = 1000,
    marker: str = "",
) -> list[FlavorInfo]:
    """A page of the flavors on offer, by id unless ``sort`` says otherwise. ``is_public`` None: also private ones, for
    admins; everybody else sees the public ones. Raises :class:`BadRequest`."""
    rows = Flavor.objects.filter(disabled=False, ram__gte=min_ram, disk__gte=min_disk)
    if is_public is not None or not caller.is_admin:
        rows = rows.filter(is_public=True if not caller.is_admin else bool(is_public))
    keys = [*(sort or []), ("id", "asc")]
    if any(key not in FLAVOR_SORTABLE for key, _ in keys):
        raise BadRequest(reason=f"Flavors can be sorted by {', '.join(sorted(FLAVOR_SORTABLE))} only.")
    ordered = list(rows.order_by(*[("-" if way == "desc" else "") + key for key, way in keys]))
    start = _place([row.pk for row in ordered], marker, "flavor")
    return [_flavor(row) for row in ordered[start : start + limit]]


def _place(ids: list[str], marker: str, kind: str) -> int:
    """Where the page after ``marker`` begins; for lists that are short."""
    if marker and marker not in ids:
        raise BadRequest(reason=f"The marker is not among these. Use the last {kind} of a page.")
    return ids.index(marker) + 1 if marker else 0


def flavor(caller: Caller, id: str) -> FlavorInfo:
    """Raises :class:`NotFound`."""
    rows = Flavor.objects.all() if caller.is_admin else Flavor.objects.filter(is_public=True)
    row = rows.filter(pk=id).first()
    if row is None:
        raise NotFound(kind="flavor", id=id)
    return _flavor(row)


def _flavor(row: Flavor) -> FlavorInfo:
    return FlavorInfo(**{name: getattr(row, name) for name in FlavorInfo.__struct_fields__})


def keypairs(caller: Caller, *, user: str = "", limit: int = 1000, marker: str = "") -> list[KeyPairInfo]:
    """A page of a user's keys after the one named ``marker``. Raises :class:`BadRequest`, and :class:`Forbidden` for
    another user's keys."""
    rows = list(KeyPair.objects.filter(user=owner(caller, user)))
    start = _place([row.name for row in rows], marker, "key pair")
    return [_keypair(row) for row in rows[start : start + limit]]


def owner(caller: Caller, user: str) -> str:
    """Whose keys are meant: the caller's, or for admins anybody's. Raises :class:`Forbidden`."""
    if user and user != caller.user and not caller.is_admin:
        raise Forbidden(action="using the keys of another user", needs="admin")
    return user or caller.user


def keypair(caller: Caller, name: str, *, user: str = "") -> KeyPairInfo:
    """Raises :class:`NotFound`, :class:`Forbidden` for another user's."""
    row = KeyPair.objects.filter(user=owner(caller, user), name=name).first()
    if row is None:
        raise NotFound(kind="keypair", id=name)
    return _keypair(row)


def _keypair(row: KeyPair) -> KeyPairInfo:
    return KeyPairInfo(**{name: getattr(row, name) for name in KeyPairInfo.__struct_fields__})
