"""``GET /2/query/<kind>?fields=…``: of all that there is of a kind the fields that were named.

Each is a pair: how it is, and its value. Called by ``routes``. Of instances and jobs only.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ganeti.simulator import views
from ganeti.simulator.calls import Call
from ganeti.simulator.errors import HttpError
from ganeti.simulator.jobs import FIELDS, view

_BAD_REQUEST, _BAD_GATEWAY = 400, 502
_KNOWN, _UNKNOWN = 0, 1  # how a field is; of one that nobody knows the value is null


def answer(call: Call) -> dict[str, Any]:
    rows, named = KINDS.get(call.arg), [name for name in call.text("fields").split(",") if name]
    if rows is None:
        raise HttpError(
            _BAD_GATEWAY, f"Failed to parse request: Can't parse value {call.arg!r} as neither QueryTypeLuxi"
        )
    if not named:
        raise HttpError(_BAD_REQUEST, "Missing 'fields' query argument")
    return {"data": [[_cell(row, name) for name in named] for row in rows(call)], "fields": list(map(_about, named))}


def _cell(row: Mapping[str, Any], name: str) -> list[Any]:
    return [_KNOWN, row[name]] if name in row else [_UNKNOWN, None]


def _about(name: str) -> dict[str, str]:
    return {"name": name, "title": name, "kind": "other", "doc": name}


def _instances(call: Call) -> Iterable[dict[str, Any]]:
    return (views.instance(call.world, one) for _, one in sorted(call.world.instances.items()))


def _jobs(call: Call) -> Iterable[dict[str, Any]]:
    return (view(job, job.id, FIELDS) for job in call.scheduler.jobs.values())


KINDS: Final[Mapping[str, Callable[[Call], Iterable[dict[str, Any]]]]] = {"instance": _instances, "job": _jobs}
