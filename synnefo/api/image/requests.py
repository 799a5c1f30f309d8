"""What a list of images is asked for: Glance's query parameters. What is no name of its own is a custom property."""

import csv
import datetime
from collections.abc import Mapping
from typing import Any

from logic.errors import BadRequest
from logic.image.queries import SORTABLE as COLUMNS
from logic.image.queries import ImageFilter
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.describing import PAGE, Shape
from synnefo.api.kernel.reading import clipped

SORTABLE = {column: column for column in COLUMNS}
VISIBILITIES = frozenset({"public", "private", "shared", "community", "all"})
ANSWERS = frozenset({"pending", "accepted", "rejected", "all"})
MAX_DIGITS = 18

_PAGING = frozenset({"limit", "marker", "sort", "sort_key", "sort_dir", "member_status"})
_SEVERAL = frozenset({"id", "name", "status", "disk_format", "container_format"})  # may be in:a,b
_SINGLE = {"owner": "owner", "checksum": "checksum", "os_hash_algo": "hash_algo", "os_hash_value": "hash_value"}
_NUMBERS = {"min_ram": "min_ram", "min_disk": "min_disk", "size": "size", "virtual_size": "virtual_size"}
_BOUNDS = {"size_min": "size__gte", "size_max": "size__lte"}
_TIMES = frozenset({"created_at", "updated_at"})
_OPERATORS = {"gt": "__gt", "gte": "__gte", "lt": "__lt", "lte": "__lte", "eq": ""}
_FLAGS = frozenset({"protected", "os_hidden", "visibility", "tag"})
OURS = _PAGING | _SEVERAL | _SINGLE.keys() | _NUMBERS.keys() | _BOUNDS.keys() | _TIMES | _FLAGS
QUERY: Mapping[str, Shape] = {**dict.fromkeys(sorted(OURS), str), **PAGE}


def wanted(call: Call) -> ImageFilter:
    """Raises :class:`BadRequest` naming the parameter that makes no sense."""
    return ImageFilter(
        visibility=_visibility(call),
        member=_member(call),
        hidden=bool(call.query.flag("os_hidden", default=False)),
        columns=_columns(call),
        bounds=_bounds(call),
        tags=call.query.all("tag"),
        properties={name: call.query.one(name) for name in call.query if name not in OURS},
    )


def _visibility(call: Call) -> str:
    given = call.query.one("visibility")
    if given and given not in VISIBILITIES:
        allowed = ", ".join(sorted(VISIBILITIES))
        raise BadRequest(reason=f"The visibility must be one of {allowed}, not {clipped(given)!r}.")
    return given


def _member(call: Call) -> str:
    given = call.query.one("member_status") or "accepted"
    if given not in ANSWERS:
        allowed = ", ".join(sorted(ANSWERS))
        raise BadRequest(reason=f"The member_status must be one of {allowed}, not {clipped(given)!r}.")
    return given


def _columns(call: Call) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: several(name, call.query.one(name)) for name in _SEVERAL & call.query.keys()}
    found |= {column: [call.query.one(name)] for name, column in _SINGLE.items() if name in call.query}
    found |= {column: [_number(call, name)] for name, column in _NUMBERS.items() if name in call.query}
    protected = call.query.flag("protected")
    return found if protected is None else {**found, "protected": [protected]}


def sorting(call: Call) -> list[tuple[str, str]]:
    """Of the two ways to say it one. Raises :class:`BadRequest`."""
    if "sort" in call.query and not {"sort_key", "sort_dir"}.isdisjoint(call.query.keys()):
        raise BadRequest(reason="Old and new sorting syntax cannot be combined.")
    return paging.sorting(call, SORTABLE)


def several(name: str, text: str) -> list[str]:
    """The values of ``in:a,b,"c,d"``; any other text is one value. Raises :class:`BadRequest`."""
    if not text.startswith("in:"):
        return [text]
    try:
        (values,) = csv.reader([text.removeprefix("in:")], strict=True, skipinitialspace=True)
    except (csv.Error, ValueError):
        raise BadRequest(reason=f"The parameter {name} must be in:VALUE,VALUE, with quotes in pairs.") from None
    return values


def _bounds(call: Call) -> dict[str, Any]:
    bounds: dict[str, Any] = {lookup: _number(call, name) for name, lookup in _BOUNDS.items() if name in call.query}
    for name in sorted(_TIMES & call.query.keys()):
        for text in call.query.all(name):
            operator, _, moment = text.partition(":") if text.partition(":")[0] in _OPERATORS else ("eq", "", text)
            bounds[name + _OPERATORS[operator]] = _moment(name, moment)
    return bounds


def _number(call: Call, name: str) -> int:
    """Bytes need more digits than a page's limit."""
    text = call.query.one(name)
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        reason = f"The parameter {name} must be a whole number of 0 or more, not {clipped(text)!r}."
        raise BadRequest(reason=reason)
    return int(text)


def _moment(name: str, text: str) -> datetime.datetime:
    try:
        found = datetime.datetime.fromisoformat(text)
        return found.astimezone(datetime.UTC) if found.tzinfo else found.replace(tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        reason = f"The parameter {name} must be a time such as gte:2025-01-31T12:00:00Z, not {clipped(text)!r}."
        raise BadRequest(reason=reason) from None
