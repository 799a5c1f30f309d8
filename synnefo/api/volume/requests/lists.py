"""What lists ask for: pages, orders, and what they are narrowed by. Cinder's own words, the same for every kind of thing."""

import ast
import datetime
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NotRequired

import msgspec
from msgspec.structs import replace

from logic.errors import BadRequest
from logic.volume.queries import Found, Wanted
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Call, Query
from synnefo.api.kernel.describing import PAGE, Shape, Whole
from synnefo.api.kernel.reading import MAX_DIGITS, clipped
from synnefo.api.volume.versions import Since, since

ORDERS: Final = frozenset({"limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants", "with_count"})
QUERY: Final[Mapping[str, Shape]] = {**dict.fromkeys(sorted(ORDERS), str), **PAGE, "offset": Whole}
OPERATORS: Final = {"gt": "gt", "gte": "gte", "eq": "exact", "lt": "lt", "lte": "lte"}
MOST_OF_A_DOCUMENT: Final = 4096  # characters
Reader = Callable[[str, str], dict[str, Any]]  # the column and the value → parts of :class:`Wanted`


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of thing: how it is sorted (Cinder's key → our column), and narrowed (Cinder's key → our column and how its value is
    read). ``like`` are the keys that parts of words are looked for in; ``minimal`` the version that has them, by key."""

    sort: Mapping[str, str]
    filters: Mapping[str, tuple[str, Reader]]
    like: tuple[str, ...] = ()
    since: Mapping[str, Since] = {}

    @property
    def query(self) -> Mapping[str, Shape]:
        """The parameters of such a list."""
        likes = {f"{key}~": str for key in self.like}
        return {**dict.fromkeys(self.filters, str), **likes, **QUERY}


def asked(call: Call, kind: Kind) -> Wanted:
    """Raises :class:`BadRequest`."""
    page = paging.page(call)
    none = call.query.one("limit") == "0"
    parts = _narrowed(call, kind)
    return Wanted(
        everybodys=bool(call.query.flag("all_tenants")),
        sort=paging.sorting(call, kind.sort),
        limit=0 if none else page.limit,
        marker=page.marker,
        offset=call.query.number("offset", 0),
        counted=call.at_least(Since.COUNTS) and bool(call.query.flag("with_count")),
        **parts,
    )


def told(name: str, kind: Any) -> Shape:
    """What :func:`body` writes."""
    counted = Annotated[int, since(Since.COUNTS, when="where with_count asks for it")]
    return {**paged(name, kind), "count": NotRequired[counted]}


def body(call: Call, name: str, found: Found[Any], write: Callable[[Any], Any]) -> dict[str, Any]:
    """The list, where the next page of it is, and how many there are if that was asked."""
    page = paging.page(call)
    on = replace(call, query=Query({key: values for key, values in call.query.items() if key != "offset"}))
    links = paging.next_link(on, [one.id for one in found.items], page)
    written: dict[str, Any] = {name: [write(one) for one in found.items]}
    written |= {f"{name}_links": links} if links else {}
    return written | ({"count": found.count} if found.count is not None else {})


def _narrowed(call: Call, kind: Kind) -> dict[str, dict[str, Any]]:
    parts: dict[str, dict[str, Any]] = {"columns": {}, "bounds": {}, "documents": {}}
    for key in [key for key in call.query if key not in ORDERS]:
        word = key.removesuffix("~")
        known = word in kind.filters and call.at_least(kind.since.get(word, 0))
        if not known or (word != key and not (word in kind.like and call.at_least(Since.LIKE))):
            _unknown(call, key)
            continue
        column, read = kind.filters[word]
        for value in call.query.all(key):
            found = {"bounds": {f"{column}__contains": value}} if word != key else read(column, value)
            for part, items in found.items():
                parts[part] = _merged(parts[part], items)
    return parts


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Several values of one column: any will do."""
    both = {name: [*old[name], *new[name]] for name in old.keys() & new.keys() if isinstance(old[name], list)}
    return old | new | both


def _unknown(call: Call, key: str) -> None:
    """Cinder leaves out what it cannot narrow a list by, up to a version."""
    if call.at_least(Since.FILTERS_CHECKED) and not call.caller.is_admin:
        raise BadRequest(reason=f"Invalid filters {clipped(key)} are found in query options.")


def text(column: str, value: str) -> dict[str, Any]:
    return {"columns": {column: [value]}}


def host(column: str, value: str) -> dict[str, Any]:
    """``c1@ganeti#c1`` is the cluster c1."""
    return {"columns": {column: [value.partition("@")[0]]}}


def number(column: str, value: str) -> dict[str, Any]:
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise BadRequest(reason=f"A list is narrowed by {column} with a whole number, not {clipped(value)!r}.")
    return {"columns": {column: [int(value)]}}


def flag(column: str, value: str) -> dict[str, Any]:
    return {"columns": {column: [Query({column: [value]}).flag(column, default=False)]}}


def either(column: str, value: str) -> dict[str, Any]:
    """``None`` is both."""
    found = Query({column: [value]}).flag(column)
    return {} if found is None else {"columns": {column: [found]}}


def nobodys(column: str, value: str) -> dict[str, Any]:  # noqa: ARG001
    """What nothing here has: whoever asks for one with a value gets nothing."""
    return {"columns": {"id": []}} if value else {}


def the_one(word: str, value: str) -> dict[str, Any]:
    """What all have the same of: whoever asks for another gets nothing."""
    return {} if value == word else {"columns": {"id": []}}


def everybodys(column: str, value: str) -> dict[str, Any]:  # noqa: ARG001
    """What all have that is not said to be false."""
    return {} if Query({"q": [value]}).flag("q", default=True) else {"columns": {"id": []}}


def besides(column: str, value: str) -> dict[str, Any]:  # noqa: ARG001
    """What narrows nothing: it asks for more of each."""
    return {}


def document(column: str, value: str) -> dict[str, Any]:
    """``{'key': 'value'}``, as Python prints it, which is what clients send. Raises :class:`BadRequest`."""
    try:
        found = ast.literal_eval(value[:MOST_OF_A_DOCUMENT])
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        found = None
    if not isinstance(found, dict):
        raise BadRequest(reason=f"A list is narrowed by {column} with {{'key': 'value'}}, not {clipped(value)!r}.")
    return {"documents": {column: {str(name): str(item) for name, item in found.items()}}}


def time(column: str, value: str) -> dict[str, Any]:
    """``gt:2026-01-02T03:04:05,lt:…``; without an operator, that very moment. Raises :class:`BadRequest`."""
    bounds = {}
    for item in value.split(","):
        operator, _, moment = item.partition(":") if item.split(":")[0].isalpha() else ("eq", "", item)
        if operator not in OPERATORS:
            raise BadRequest(
                reason=f"A time is compared by one of {', '.join(OPERATORS)}, not by {clipped(operator)!r}."
            )
        bounds[f"{column}__{OPERATORS[operator]}"] = _moment(moment)
    return {"bounds": bounds}


def _moment(value: str) -> datetime.datetime:
    try:
        found = datetime.datetime.fromisoformat(value)
    except ValueError:
        raise BadRequest(reason=f"{clipped(value)!r} is no time. Write it as 2026-01-02T03:04:05.") from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


_NAMED: Final[dict[str, tuple[str, Reader]]] = {
    "id": ("id", text),
    "name": ("name", text),
    "display_name": ("name", text),
    "project_id": ("project", text),
    "user_id": ("user", text),
    "description": ("description", text),
}
_TIMES: Final[dict[str, tuple[str, Reader]]] = {
    "created_at": ("created_at", time),
    "updated_at": ("updated_at", time),
}
_OF_A_VOLUME: Final[dict[str, tuple[str, Reader]]] = {"status": ("status", text), "volume_id": ("volume", text)}
_WORDS: Final = ("name", "display_name", "description")
_SORT: Final = {"id": "id", "name": "name", "display_name": "name", "created_at": "created_at"}

VOLUMES: Final = Kind(
    sort={**_SORT, "size": "size", "updated_at": "updated_at", "bootable": "bootable", "user_id": "user"},
    filters={
        **_NAMED,
        **_TIMES,
        "status": ("status", text),
        "size": ("size", number),
        "bootable": ("bootable", flag),
        "metadata": ("metadata", document),
        "glance_metadata": ("image_metadata", document),
        "availability_zone": ("zone", text),
        "volume_type_id": ("type", text),
        "host": ("host", host),
        "migration_status": ("", nobodys),
        "group_id": ("group", text),
        "consumes_quota": ("", everybodys),
    },
    like=_WORDS,
    since={"created_at": Since.TIMES, "updated_at": Since.TIMES, "consumes_quota": Since.CONSUMES_QUOTA},
)
SNAPSHOTS: Final = Kind(
    sort={**_SORT, "size": "size", "volume_id": "volume", "status": "status", "volume_size": "size"},
    filters={
        **_NAMED,
        **_TIMES,
        **_OF_A_VOLUME,
        "volume_size": ("size", number),
        "metadata": ("metadata", document),
        "availability_zone": ("", nobodys),
        "group_snapshot_id": ("group_snapshot", text),
        "consumes_quota": ("", everybodys),
    },
    like=_WORDS,
    since={**VOLUMES.since, "metadata": Since.SNAPSHOT_DOCUMENTS},
)
BACKUPS: Final = Kind(
    sort={**_SORT, "size": "size", "volume_id": "volume", "status": "status"},
    filters={**_NAMED, **_OF_A_VOLUME, "snapshot_id": ("snapshot", text), "container": ("container", text)},
    like=_WORDS,
)
TRANSFERS: Final = Kind(sort=_SORT, filters={"id": _NAMED["id"], "name": _NAMED["name"], "volume_id": ("volume", text)})
GROUP_TYPES: Final = Kind(
    sort={"id": "id", "name": "name", "created_at": "created_at", "is_public": "public"},
    filters={"id": _NAMED["id"], "name": _NAMED["name"], "is_public": ("public", either)},
)
GROUPS: Final = Kind(
    sort={**_SORT, "status": "status", "group_type": "type"},
    filters={
        **{key: _NAMED[key] for key in ("id", "name", "project_id", "description")},
        "status": ("status", text),
        "group_type": ("type", text),
        "availability_zone": ("zone", text),
        "list_volume": ("", besides),
    },
    like=_WORDS,
)
GROUP_SNAPSHOTS: Final = Kind(
    sort=_SORT,
    filters={
        **{key: _NAMED[key] for key in ("id", "name", "project_id", "description")},
        "group_id": ("group", text),
    },
    like=_WORDS,
)
RESOURCES: Final = {
    "volume": VOLUMES,
    "snapshot": SNAPSHOTS,
    "backup": BACKUPS,
    "group": GROUPS,
    "group_snapshot": GROUP_SNAPSHOTS,
}
