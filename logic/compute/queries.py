"""Reading servers, flavors and keypairs: rows become frozen structs, seen through the caller's eyes.

Called by the API facades, operator commands and ``commands``. What a list of servers holds, and in what order, is
``listing``; how rows are read is ``rows``.
"""

from collections import defaultdict
from collections.abc import Mapping

from django.conf import settings
from django.db import DataError
from django.db.models import Count, Q, QuerySet, Sum
from msgspec.structs import replace

from logic import paging
from logic.access import Caller
from logic.compute import listing, persons, rows
from logic.compute.infos import FlavorInfo, KeyPairInfo, ServerInfo
from logic.compute.listing import ServerFilter
from logic.compute.models import Flavor, FlavorAccess, KeyPair, Server
from logic.compute.states import Mode, NovaStatus, Observed
from logic.errors import BadRequest, Forbidden, NotFound, clipped
from logic.identity.queries import directory
from logic.kept import Kept
from logic.ledger import queries as ledger
from logic.network.floating import queries as floats
from logic.network.queries import AddressInfo
from logic.network.security import queries as security
from logic.network.security import switch
from logic.quota import queries as quotas
from logic.quota.queries import QuotaInfo


def server(caller: Caller, id: str, *, gone: bool = False) -> ServerInfo:
    """Raises :class:`NotFound`; for another tenant's server too, and for a deleted one unless ``gone``."""
    found = rows.one(id)
    if found is None or not (caller.is_admin or found.project == caller.project):
        raise NotFound(kind="server", id=id)
    if found.status == NovaStatus.DELETED and not gone:
        raise NotFound(kind="server", id=id)
    return _networked(_progressed([found]))[0]


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
    found = listing.keyed(listing.narrowed(_visible(caller, all_projects=wanted.all_projects), wanted), keys)
    if marker:
        found = found.filter(paging.after(keys, _marked(caller, marker, keys)))
    try:
        return _networked(_progressed(rows.page(found, keys, limit)))
    except DataError as error:
        raise BadRequest(reason="The database does not understand one of the filters. Write it more simply.") from error


def _visible(caller: Caller, *, all_projects: bool) -> QuerySet[Server]:
    return Server.objects.all() if caller.is_admin and all_projects else Server.objects.filter(project=caller.project)


def _marked(caller: Caller, marker: str, keys: listing.Sort) -> Server:
    row = listing.keyed(_visible(caller, all_projects=True), keys).filter(pk=marker).first()
    if row is None:
        raise BadRequest(reason="The marker could not be found. Use the id of the last server of a page.")
    return row


def _progressed(found: list[ServerInfo]) -> list[ServerInfo]:
    """With how far the builds among them are: a question only when there are any."""
    building = [one.id for one in found if one.status == NovaStatus.BUILD]
    percents = ledger.newest(building, "progress") if building else {}
    return [replace(one, progress=int(percents[one.id])) if one.id in percents else one for one in found]


def _networked(found: list[ServerInfo]) -> list[ServerInfo]:
    """With the security groups they are in and their floating addresses, in a cloud that has them."""
    if not switch.on():
        return found
    ids = [one.id for one in found]
    names, floating = security.names(ids), floats.of_servers(ids)
    groups = ((one, names.get(one.id, [])) for one in found)
    return [
        replace(one, security_groups=named, addresses=_floated(one.addresses, floating) if floating else one.addresses)
        for one, named in groups
    ]


def _floated(addresses: list[AddressInfo], floating: Mapping[tuple[str, str], str]) -> list[AddressInfo]:
    """Each with the floating address that stands for it behind it, as Nova lists them."""
    told = []
    for one in addresses:
        told.append(one)
        if ip := floating.get((one.mac, one.ip)):
            told.append(replace(one, ip=ip, floating=True))
    return told


def _there() -> QuerySet[Server]:
    """Those that are on a cluster."""
    return Server.objects.exclude(observed=Observed.GONE).exclude(backend=None).exclude(mode=Mode.OFFLOADED)


def usage() -> dict[str, tuple[int, int, int]]:
    """For operators: by cluster, the virtual processors given out, the servers running, the commands under way."""
    living = _there().values("backend__name").order_by()
    totals = living.annotate(
        vcpus_used=Sum("vcpus"),
        running=Count("pk", filter=Q(observed__in=[Observed.RUNNING, Observed.PAUSED])),
        busy=Count("pk", filter=~Q(command="")),
    )
    return {row["backend__name"]: (row["vcpus_used"], row["running"], row["busy"]) for row in totals}


def on_hosts() -> dict[str, list[tuple[str, str]]]:
    """For operators: by cluster, the id and name of each living server."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    living = _there().order_by("number")
    for host, id, name in living.values_list("backend__name", "pk", "name"):
        found[host].append((id, name))
    return found


def limits(caller: Caller, project: str, user: str = "") -> dict[str, QuotaInfo]:
    """What a project may have and has, or a user of it. Raises :class:`Forbidden` for another project, unless the caller is an
    admin."""
    if project != caller.project and not caller.is_admin:
        raise Forbidden(action="looking at the quotas of another project", needs="admin")
    if user:
        used = persons.used(project, user)
        own = {name: QuotaInfo(limit, used.get(name, 0)) for name, limit in quotas.limits(project, user).items()}
        return _offered(_fixed_limits() | own)
    return _offered({**_fixed_limits(), **quotas.quotas(project)})


def quota_set(caller: Caller, project: str, user: str = "") -> dict[str, QuotaInfo]:
    """The same, of a project that there is, as far as the caller may know. Raises :class:`Forbidden`, :class:`BadRequest`."""
    known = limits(caller, project, user)
    if directory.is_no_project(caller, project):
        raise BadRequest(reason=f"There is no project {clipped(project)} to have quotas. Check the spelling.")
    return known


def settable(caller: Caller, project: str, user: str = "") -> dict[str, tuple[int, int]]:
    """The least and the most (-1: any) that a limit may be set to without force: what is used, and what the project may have (of
    what is counted of users, all of them together). Raises as :func:`quota_set`."""
    known, given = quota_set(caller, project), quotas.given(project, persons.COUNTED)
    if not user:
        return {name: (max(info.used, given.get(name, 0)), -1) for name, info in known.items()}
    own, used = quotas.limits_with_own(project, user)[1], persons.used(project, user)
    others = {name: total - max(own.get(name, 0), 0) for name, total in given.items()}
    return {
        name: (used.get(name, 0), max(info.limit - others.get(name, 0), 0) if info.limit >= 0 else -1)
        for name, info in known.items()
    }


def default_limits() -> dict[str, QuotaInfo]:
    """What a project may have that has no limits of its own."""
    return _offered(_fixed_limits() | {name: QuotaInfo(amount, 0) for name, amount in quotas.defaults().items()})


def _offered(limits: dict[str, QuotaInfo]) -> dict[str, QuotaInfo]:
    """Without those of what this cloud has not."""
    absent = frozenset() if switch.on() else {"security_groups", "security_group_rules"}
    return {name: limit for name, limit in limits.items() if name not in absent}


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
    admins; everybody else sees the public ones and those opened to his project. Raises :class:`BadRequest`."""
    rows = Flavor.objects.filter(disabled=False, ram__gte=min_ram, disk__gte=min_disk)
    if not caller.is_admin:
        rows = rows.filter(Q(is_public=True) | Q(pk__in=_opened(caller.project)))
    elif is_public is not None:
        rows = rows.filter(is_public=is_public)
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


_ANY_FLAVOR = Kept(lambda id: Flavor.objects.filter(pk=id))
_OPEN_FLAVOR = Kept(
    lambda id, project: Flavor.objects.filter(Q(is_public=True) | Q(pk__in=_opened(project)), pk=id),
)


def _opened(project: str) -> QuerySet[FlavorAccess, str]:
    """Flavors that are not public and that this project may use."""
    return FlavorAccess.objects.filter(project=project).values_list("flavor", flat=True)


def flavor(caller: Caller, id: str) -> FlavorInfo:
    """Raises :class:`NotFound`."""
    found = _ANY_FLAVOR(id) if caller.is_admin else _OPEN_FLAVOR(id, caller.project)
    if not found:
        raise NotFound(kind="flavor", id=id)
    return _flavor(found[0])


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
