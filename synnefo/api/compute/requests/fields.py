"""What several bodies have in common: names, numbers and flags as Nova takes them, and fields of certain versions."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from logic.errors import BadRequest
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

MAX_INTEGER = 2**31 - 1
MAX_DIGITS = 10
_TRUE, _FALSE = {"true", "1", "yes", "on", "t", "y"}, {"false", "0", "no", "off", "f", "n"}

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=255)]
Whole = int | str
Flag = bool | str
Id = Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$")]
Key = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9\-_:. ]+$", min_length=1, max_length=255)]
Items = dict[Key, Text]


def name(value: str, field: str) -> str:
    """A name as Nova takes it: printable, no space at its ends. Raises :class:`BadRequest`."""
    if not value.isprintable() or value != value.strip():
        raise BadRequest(reason=f"The field {field} must be printable, without spaces at its ends. Correct it.")
    return value


def whole(value: Whole, field: str, *, low: int = 0, high: int = MAX_INTEGER) -> int:
    """A number, or its digits in a string. Raises :class:`BadRequest`."""
    digits = str(value)
    plain = digits.isascii() and digits.lstrip("-").isdigit() and len(digits) <= MAX_DIGITS
    if not plain or not low <= int(digits) <= high:
        reason = f"The field {field} must be a whole number from {low} to {high}, not {clipped(digits)!r}."
        raise BadRequest(reason=reason)
    return int(digits)


def flag(value: Flag, field: str) -> bool:
    """``true``, or a word for it. Raises :class:`BadRequest`."""
    if isinstance(value, bool):
        return value
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise BadRequest(reason=f"The field {field} must be true or false, not {clipped(value)!r}.")


def of_version(call: Call, body: Any, since: Mapping[str, int], where: str) -> None:
    """Refuse what was sent too early. ``since``: field → N of 2.N; a field not sent is ``msgspec.UNSET``."""
    for field, minor in since.items():
        if getattr(body, field) is not msgspec.UNSET and not call.at_least(minor):
            reason = f"The field {where}.{field} is not known in version 2.{call.version[1]}. Remove it, or ask for 2.{minor}."
            raise BadRequest(reason=reason)


def not_here(field: str, what: str) -> BadRequest:
    """The refusal of an option that Nova has and this cloud has not."""
    return BadRequest(reason=f"The field {field} is not supported by this cloud: {what}")
