"""From a request to an opcode's input, as RAPI and the queue do it.

What Ganeti does not know, or the caller may not set, is refused with 400; what it cannot parse with its 502 (observed:
``Failed to parse request: SubmitJob: Can't parse value for …``). Whether the instance exists nobody asks yet.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ganeti.simulator.errors import HttpError
from ganeti.simulator.opcodes import COMMON, Needed, parameters

_BAD_REQUEST, _BAD_GATEWAY = 400, 502
_PAIR, _TRIPLE = 2, 3
_SHOWN = 200

# What only a job's process fills in: absent while the job is queued.
_LATER: Final[dict[str, Any]] = {"pnode_uuid": None, "debug_level": 0}


def filled(opcode: str, body: dict[str, Any], fixed: dict[str, Any], version: str) -> dict[str, Any]:
    """An opcode's input as the queue first writes it. ``fixed`` is what RAPI says itself and the body may not.

    Raises :class:`HttpError`.
    """
    known = COMMON | parameters(opcode, version)
    if overwritten := sorted(fixed.keys() & body.keys()):
        raise HttpError(_BAD_REQUEST, f"Can't overwrite static parameters {overwritten}")
    given = {**body, **fixed}
    if unknown := sorted(given.keys() - known.keys()):
        raise HttpError(
            _BAD_REQUEST,
            f"Invalid body parameters: Object {_class(opcode)} doesn't support the parameter '{unknown[0]}'",
        )
    found = {
        name: _value(opcode, name, given.get(name, default), known[name])
        for name, (default, _) in known.items()
        if name in given or name not in {*_LATER, "instance_uuid"}
    }
    return found | {"OP_ID": opcode}


def picked_up(given: dict[str, Any], uuid: str | None, version: str) -> dict[str, Any]:
    """The input as the job's process writes it back: every parameter, in the order of a real file."""
    later = {**_LATER, "instance_uuid": uuid}
    names = [*parameters(given["OP_ID"], version), *COMMON]
    return {name: later.get(name, given.get(name)) for name in names} | {"OP_ID": given["OP_ID"]}


def _value(opcode: str, name: str, value: Any, parameter: tuple[Any, type]) -> Any:
    default, kind = parameter
    if isinstance(value, Needed):
        raise _unparsable(f"{opcode}: key '{name}' not found")
    if value is None and default is None:
        return None
    shape = _SHAPES.get(name) or _SHAPES.get(f"{opcode} {name}")
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or (shape and not shape(value)):
        raise _unparsable(f"parameter '{name}': {msgspec.json.encode(value).decode()[:_SHOWN]}")
    return value.copy() if isinstance(value, list | dict) else value


def _unparsable(what: str) -> HttpError:
    return HttpError(_BAD_GATEWAY, f"Failed to parse request: SubmitJob: Can't parse value for {what}")


def _class(opcode: str) -> str:
    return "".join(part.capitalize() for part in opcode.split("_"))


def _name(value: str) -> bool:
    return bool(re.fullmatch(r"[^\s/]+", value))


def _strings(value: list[Any]) -> bool:
    return all(isinstance(one, str) for one in value)


def _dicts(value: list[Any]) -> bool:
    return all(isinstance(one, dict) for one in value)


def _nics(value: list[Any]) -> bool:
    return _dicts(value) and all(_nic(one) for one in value)


def _nic(value: dict[str, Any]) -> bool:
    return all(one is None or isinstance(one, str) for one in value.values())


def _disks(value: list[Any]) -> bool:
    return _dicts(value) and all(_disk(one) for one in value)


def _disk(value: dict[str, Any]) -> bool:
    words = {key: one for key, one in value.items() if key != "size"}
    return _nic(words) and type(value.get("size", 0)) is int


def _depends(value: list[Any]) -> bool:
    return all(
        isinstance(one, list)
        and len(one) == _PAIR
        and type(one[0]) is int
        and isinstance(one[1], list)
        and all(status in {"success", "error", "canceled"} for status in map(str, one[1]))
        for one in value
    )


def _changes(value: list[Any]) -> bool:
    """``[verb, which, parameters]``, or the older ``[verb or index, parameters]``. Indices and names do not mix."""
    if not all(isinstance(one, list) and len(one) in {_PAIR, _TRIPLE} and isinstance(one[-1], dict) for one in value):
        return False
    kinds = {(len(one), type(one[1]) if len(one) == _TRIPLE else None) for one in value}
    allowed = {(_PAIR, None), (_TRIPLE, int), (_TRIPLE, str)}
    return len(kinds) <= 1 and kinds <= allowed and all(type(one[0]) in {str, int} for one in value)


def _nic_changes(value: list[Any]) -> bool:
    return _changes(value) and all(_nic(one[-1]) for one in value)


def _disk_changes(value: list[Any]) -> bool:
    return _changes(value) and all(_disk(one[-1]) for one in value)


def _among(*words: str) -> Callable[[str], bool]:
    return lambda value: value in words


_SHAPES: Final[dict[str, Callable[[Any], bool]]] = {
    "depends": _depends,
    "tags": _strings,
    "add_reserved_ips": _strings,
    "instance_name": _name,
    "OP_INSTANCE_CREATE mode": _among("create", "import", "remote-import"),
    "OP_BACKUP_EXPORT mode": _among("local", "remote"),
    "OP_INSTANCE_MIGRATE mode": _among("live", "non-live"),
    "reboot_type": _among("soft", "hard", "full"),
    "OP_INSTANCE_CREATE nics": _nics,
    "OP_INSTANCE_CREATE disks": _disks,
    "OP_INSTANCE_SET_PARAMS nics": _nic_changes,
    "OP_INSTANCE_SET_PARAMS disks": _disk_changes,
}
