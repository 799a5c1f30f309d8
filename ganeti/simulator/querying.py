"""``/2/query/<kind>``: of all that there is of a kind the fields that were named, in which each is a pair of how it is and its
value. ``GET`` names them in the query, ``PUT`` in its body, where a filter may stand.

Called by ``routes``. Of instances and jobs only; a filter compares one field with a value (``[">", "id", 7]``). As in
Ganeti, the archive is looked at when the field ``archived`` is asked for.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ganeti.simulator import views
from ganeti.simulator.calls import Call
from ganeti.simulator.errors import HttpError
from ganeti.simulator.jobs import FIELDS, view

_BAD_REQUEST, _TROUBLE, _BAD_GATEWAY = 400, 500, 502
_KNOWN, _UNKNOWN = 0, 1  # how a field is; of one that nobody knows the value is null
_ARCHIVED: Final = "archived"
Row = Mapping[str, Any]
Filter = Callable[[Row], bool]
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def answer(call: Call) -> dict[str, Any]:
    return _answer(call, [name for name in call.text("fields").split(",") if name], None)


def filtered(call: Call) -> dict[str, Any]:
    body = call.body()
    return _answer(call, body.get("fields") or [], body.get("qfilter"))


def _answer(call: Call, named: Sequence[str], wanted: Any) -> dict[str, Any]:
    rows = KINDS.get(call.arg)
    if rows is None:
        raise HttpError(
            _BAD_GATEWAY, f"Failed to parse request: Can't parse value {call.arg!r} as neither QueryTypeLuxi"
        )
    if not named:
        raise HttpError(_BAD_REQUEST, "Missing 'fields' query argument")
    found = rows(call, named, _filter(wanted))
    return {"data": [[_cell(row, name) for name in named] for row in found], "fields": list(map(_about, named))}


def _filter(wanted: Any) -> Filter:
    match wanted:
        case None:
            return lambda _: True
        case [str(how), str(name), value] if how in COMPARISONS:
            return lambda row: _compared(COMPARISONS[how], row, name, value)
    raise HttpError(_BAD_GATEWAY, f"Failed to parse request: Cannot convert value {wanted!r}")


def _compared(how: Callable[[Any, Any], bool], row: Row, name: str, value: Any) -> bool:
    if name not in row:
        raise HttpError(_TROUBLE, f"Can't find field named '{name}'")
    try:
        return how(row[name], value)
    except TypeError as error:
        raise HttpError(_TROUBLE, f"Invalid types in comparison, trying to compare 1 with '{value}'") from error


def _cell(row: Row, name: str) -> list[Any]:
    return [_KNOWN, row[name]] if name in row else [_UNKNOWN, None]


def _about(name: str) -> dict[str, str]:
    return {"name": name, "title": name, "kind": "other", "doc": name}


def _instances(call: Call, _: Sequence[str], wanted: Filter) -> Iterable[Row]:
    return filter(wanted, (views.instance(call.world, one) for _, one in sorted(call.world.instances.items())))


def _jobs(call: Call, named: Sequence[str], wanted: Filter) -> Iterable[Row]:
    """The filter comes before any job is read, so that it knows numbers only."""
    queued = call.scheduler.jobs
    numbers = range(1, call.world.identity.serial + 1) if _ARCHIVED in named else sorted(queued)
    for number in numbers:
        if wanted({"id": number}) and (job := call.scheduler.find(number)):
            yield view(job, number, FIELDS) | {_ARCHIVED: number not in queued}


KINDS: Final[Mapping[str, Callable[[Call, Sequence[str], Filter], Iterable[Row]]]] = {
    "instance": _instances,
    "job": _jobs,
}
