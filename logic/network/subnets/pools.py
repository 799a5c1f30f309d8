"""Pools of prefixes that subnets' ranges are taken from, so that no two overlap: CRUD, and taking one.

Called by the facades, and by ``commands`` of subnets, which ask for a range. Who takes one holds the pool's row.
"""

import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, Forbidden, NotFound
from logic.ledger.store import store
from logic.network import fields, revisions, tagging
from logic.network.models import Subnet, SubnetPool
from logic.network.queries import Wanted, one_of, page_of
from logic.network.refusals import InvalidInput
from logic.network.security.refusals import Named
from logic.network.subnets import ranges
from logic.network.subnets.ranges import Range
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "subnet pool"
QUOTA: Final = "subnetpools"
MAX_TEXT: Final = 255
LEAST: Final = {4: 8, 6: 64}  # the shortest and the default length where none is said
LONGEST: Final = {4: 32, 6: 128}


class SubnetAllocationError(Named, Conflict):
    """Failed to allocate subnet: {reason}"""

    code = "subnetpool-exhausted"


class SubnetPoolQuotaExceeded(Named, Conflict):
    """Per-tenant subnet pool prefix quota exceeded."""

    code = "subnetpool-quota"


class SubnetPoolInUse(Named, Conflict):
    """Subnet pool {id} could not be deleted since existing allocations are there. Delete its subnets first."""

    code = "subnetpool-in-use"


class IllegalSubnetPoolPrefixBounds(Named, BadRequest):
    """Illegal prefix bounds: {reason}"""


class IllegalSubnetPoolPrefixUpdate(Named, BadRequest):
    """Illegal update to prefixes: {reason}"""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The range of a new subnet: ``cidr``, or (empty) any of ``length`` from ``pool``. ``pool`` None: none; empty: the
    default."""

    cidr: str
    pool: str | None
    length: int | None
    version: int


class NewPool(msgspec.Struct, frozen=True, kw_only=True):
    """A pool asked for; lengths None: what is usual."""

    name: str
    prefixes: tuple[str, ...]
    description: str = ""
    project: str = ""
    default_length: int | None = None
    shortest: int | None = None
    longest: int | None = None
    quota: int | None = None
    shared: bool = False
    is_default: bool = False


class PoolChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a pool is changed; None: it stays."""

    name: str | None = None
    description: str | None = None
    prefixes: tuple[str, ...] | None = None
    default_length: int | None = None
    shortest: int | None = None
    longest: int | None = None
    quota: int | None = None
    is_default: bool | None = None


class PoolInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A pool; ``version`` is that of IP."""

    id: str
    name: str
    project: str
    description: str
    prefixes: list[str]
    default_length: int
    shortest: int
    longest: int
    quota: int | None
    shared: bool
    is_default: bool
    version: int
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


def pools(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[PoolInfo]:
    """A page of pools, as ``network.queries.networks``. ``filters`` may be ``version`` besides columns."""
    rows = visible(caller)
    if "version" in filters:
        rows = rows.filter(_of_versions(filters.pop("version")))
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_info(row) for row in page_of(KIND, rows, wanted)]


def _of_versions(versions: Sequence[int]) -> Q:
    chosen, six = Q(pk__in=[]), Q(prefixes__0__icontains=":")
    for version in LONGEST.keys() & set(versions):
        chosen |= ~six if version == ranges.FOUR else six
    return chosen


def pool(caller: Caller, id: str) -> PoolInfo:
    """Raises :class:`NotFound`."""
    return _info(one_of(KIND, visible(caller), id))


def _info(row: SubnetPool) -> PoolInfo:
    values = {name: getattr(row, name) for name in PoolInfo.__struct_fields__ if name != "version"}
    return PoolInfo(**values, version=_version(row))


def visible(caller: Caller) -> QuerySet[SubnetPool]:
    if caller.is_admin:
        return SubnetPool.objects.all()
    return SubnetPool.objects.filter(Q(shared=True) | Q(project=caller.project))


@atomically
def create_pools(caller: Caller, wanted: Sequence[NewPool]) -> list[str]:
    """Ids. Raises :class:`Forbidden`, :class:`BadRequest`, :class:`QuotaExceeded`."""
    require(caller, "member", "create a subnet pool")
    return [_create(caller, one) for one in wanted]


def _create(caller: Caller, one: NewPool) -> str:
    fields.check(caller, "create_subnetpool", fields.asked(one))
    if one.project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating a subnet pool in another project", needs="admin")
    project = one.project or caller.project
    _check_texts(one.name, one.description)
    quota.check(project, {QUOTA: 1})
    prefixes, version = _prefixes(one.prefixes)
    shortest = LEAST[version] if one.shortest is None else one.shortest
    longest = LONGEST[version] if one.longest is None else one.longest
    row = SubnetPool(
        name=one.name,
        project=project,
        description=one.description,
        prefixes=prefixes,
        default_length=shortest if one.default_length is None else one.default_length,
        shortest=shortest,
        longest=longest,
        quota=one.quota,
        shared=one.shared,
        is_default=one.is_default,
    )
    _check(row, version)
    row.save(force_insert=True)
    quota.record(project, {row.pk: {QUOTA: 1}})
    return row.pk


@atomically
def update_pool(caller: Caller, id: str, change: PoolChange, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`."""
    require(caller, "member", "change a subnet pool")
    row = _held(caller, id)
    revisions.check(row, expected)
    columns = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    fields.check(caller, "update_subnetpool", {name: one for name, one in columns.items() if one != getattr(row, name)})
    _check_texts(change.name or "", change.description or "")
    if change.prefixes is not None:
        columns["prefixes"] = _grown(row, change.prefixes)
    for name, value in columns.items():
        setattr(row, name, value)
    _check(row, _version(row))
    revisions.write(row, **columns)


@atomically
def delete_pool(caller: Caller, id: str, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`SubnetPoolInUse`."""
    require(caller, "member", "delete a subnet pool")
    row = _held(caller, id)
    revisions.check(row, expected)
    if row.subnets.exists():
        raise SubnetPoolInUse(id=id)
    row.delete()
    store().release([id])
    tagging.forget([id])


def chosen(caller: Caller, project: str, wish: Wish) -> tuple[Range, SubnetPool | None]:
    """The range, and the pool that it is from. Raises :class:`InvalidInput`, :class:`NotFound`,
    :class:`SubnetAllocationError`, :class:`SubnetPoolQuotaExceeded`."""
    if wish.pool is None:
        if not wish.cidr:
            raise BadRequest(reason="Bad subnets request: a subnetpool must be specified in the absence of a cidr.")
        return ranges.new(wish.cidr, wish.version), None
    pool = _pool(caller, wish)
    if _version(pool) != wish.version:
        raise BadRequest(reason="Bad subnets request: Cannot allocate a subnet of another IP version from this pool.")
    found = _named(pool, wish) if wish.cidr else _free(pool, wish)
    _check_quota(pool, project, found)
    return found, pool


def _pool(caller: Caller, wish: Wish) -> SubnetPool:
    """Locked."""
    rows = visible(caller).select_for_update()
    if wish.pool:
        found = rows.filter(pk=wish.pool).first()
        if found is None:
            raise NotFound(kind=KIND, id=wish.pool)
        return found
    for row in rows.filter(is_default=True):
        if _version(row) == wish.version:
            return row
    raise BadRequest(reason=f"Bad subnets request: No default subnetpool found for IPv{wish.version}.")


def _named(pool: SubnetPool, wish: Wish) -> Range:
    whole = ranges.new(wish.cidr, wish.version)
    prefixes: list[Any] = [ipaddress.ip_network(one) for one in pool.prefixes]
    inside = any(one.supernet_of(whole) for one in prefixes)
    taken = any(whole.overlaps(one) for one in _taken(pool))
    if not inside or taken:
        raise SubnetAllocationError(reason="Cannot allocate requested subnet from the available set of prefixes.")
    return whole


def _free(pool: SubnetPool, wish: Wish) -> Range:
    """The first of this length that overlaps none."""
    length = pool.default_length if wish.length is None else wish.length
    if not pool.shortest <= length <= pool.longest:
        word = "MinPrefixSubnetAllocationError" if length < pool.shortest else "MaxPrefixSubnetAllocationError"
        reason = f"prefix size is from {pool.shortest} to {pool.longest} ({word})."
        raise BadRequest(reason=f"Unable to allocate subnet with prefix length {length}: {reason}")
    taken = _taken(pool)
    for one in pool.prefixes:
        found = first_free(ipaddress.ip_network(one), length, taken)
        if found is not None:
            return found
    raise SubnetAllocationError(reason=f"Insufficient prefix space to allocate subnet size /{length}.")


def first_free(whole: Range, length: int, taken: Iterable[Range]) -> Range | None:
    """The first range of this length in ``whole`` that overlaps none of ``taken``; None when there is none. It steps from one
    taken range to behind it, so that it costs what is taken, not what could be."""
    if length < whole.prefixlen:
        return None
    size, end = 1 << (whole.max_prefixlen - length), int(whole.broadcast_address)
    at = int(whole.network_address)
    kind = type(whole.network_address)
    spans = sorted((int(one.network_address), int(one.broadcast_address)) for one in taken)
    for low, high in spans:
        if at + size - 1 < low:
            break
        if high >= at:
            at = -(-(high + 1) // size) * size
    return ipaddress.ip_network((kind(at), length)) if at + size - 1 <= end else None


def _taken(pool: SubnetPool) -> list[Range]:
    return [ipaddress.ip_network(one) for one in pool.subnets.values_list("cidr", flat=True)]


def _check_quota(pool: SubnetPool, project: str, found: Range) -> None:
    """Counted in addresses, of IPv6 in /64s."""
    if pool.quota is None:
        return
    mine = Subnet.objects.filter(subnetpool=pool, project=project).values_list("cidr", flat=True)
    used = sum(_size(ipaddress.ip_network(one)) for one in mine)
    if used + _size(found) > pool.quota:
        raise SubnetPoolQuotaExceeded


def _size(whole: Range) -> int:
    bits = 32 if whole.version == ranges.FOUR else 64
    return 1 << max(bits - whole.prefixlen, 0)


def _held(caller: Caller, id: str) -> SubnetPool:
    row = visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=KIND, id=id)
    if not (caller.is_admin or row.project == caller.project):
        raise Forbidden(action="changing a subnet pool of another project", needs="admin")
    return row


def _check_texts(name: str, description: str) -> None:
    for field, text in (("name", name), ("description", description)):
        if len(text) > MAX_TEXT:
            raise BadRequest(reason=f"Invalid input for {field}. Reason: it exceeds maximum length of {MAX_TEXT}.")


def _prefixes(asked: Sequence[str]) -> tuple[list[str], int]:
    """Without what others hold already, and their version."""
    try:
        found = [ipaddress.ip_network(one, strict=False) for one in asked]
    except ValueError:
        raise InvalidInput(reason="prefixes are a list of cidrs.") from None
    if len({one.version for one in found}) != 1:
        raise BadRequest(reason="Bad subnetpool request: prefixes are cidrs of one version of IP, at least one.")
    collapsed: Any = ipaddress.collapse_addresses(found)
    return [str(one) for one in collapsed], found[0].version


def _grown(row: SubnetPool, asked: Sequence[str]) -> list[str]:
    prefixes, version = _prefixes(asked)
    now: list[Any] = [ipaddress.ip_network(one) for one in prefixes]
    if version != _version(row):
        raise IllegalSubnetPoolPrefixUpdate(reason="it is a pool of the other version of IP.")
    if not all(any(ipaddress.ip_network(old).subnet_of(one) for one in now) for old in row.prefixes):
        raise IllegalSubnetPoolPrefixUpdate(reason="existing prefixes must be a subset of the new prefixes.")
    return prefixes


def _version(row: SubnetPool) -> int:
    return ipaddress.ip_network(row.prefixes[0]).version


def _check(row: SubnetPool, version: int) -> None:
    if not 0 < row.shortest <= row.default_length <= row.longest <= LONGEST[version]:
        reason = f"min_prefixlen <= default_prefixlen <= max_prefixlen <= {LONGEST[version]} does not hold."
        raise IllegalSubnetPoolPrefixBounds(reason=reason)
    if row.quota is not None and row.quota < 0:
        raise InvalidInput(reason="default_quota is 0 or more.")
    others = SubnetPool.objects.filter(is_default=True).exclude(pk=row.pk) if row.is_default else ()
    if any(_version(one) == version for one in others):
        raise InvalidInput(reason=f"A default subnetpool for IPv{version} exists already.")
