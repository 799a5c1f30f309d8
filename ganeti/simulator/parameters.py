"""Backend parameters of an instance: memory, processors and the like, checked as Ganeti enforces its types."""

from typing import Any, Final

from ganeti.simulator.errors import INVALID, OpError
from ganeti.simulator.world import DEFAULT_BEPARAMS

_NUMBERS: Final = frozenset({"minmem", "maxmem", "vcpus", "spindle_use"})


def beparams(given: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """An instance's own parameters after a change. ``default`` and ``auto`` take one back to the cluster's; ``memory`` is
    the older word for both of ``minmem`` and ``maxmem``. Raises :class:`OpError`."""
    wanted = dict(given)
    memory = wanted.pop("memory", None)
    if memory is not None:
        wanted = {"maxmem": memory, "minmem": memory, **wanted}
    found = dict(before)
    for name, value in wanted.items():
        if name not in DEFAULT_BEPARAMS:
            raise OpError(f"Unknown parameter '{name}'", kind="TypeEnforcementError")
        if value in ("default", "auto"):
            found.pop(name, None)
        else:
            found[name] = _number(name, value) if name in _NUMBERS else _flag(name, value)
    full = DEFAULT_BEPARAMS | found
    if full["minmem"] > full["maxmem"]:
        raise OpError(f"Minimum memory {full['minmem']} is above the maximum {full['maxmem']}", INVALID)
    return found


def _number(name: str, value: Any) -> int:
    if type(value) is int and value > 0:
        return value
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdecimal()
        and len(value) < len("1000000000")
        and int(value)
    ):
        return int(value)
    raise OpError(f"Value for key '{name}' (value {value!r}) is not a number", kind="TypeEnforcementError")


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise OpError(f"Value for key '{name}' (value {value!r}) is not a boolean", kind="TypeEnforcementError")
