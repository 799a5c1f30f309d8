"""What several bodies have in common: names, numbers and flags as Nova takes them, and fields of certain versions."""

import ipaddress
import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from logic.errors import BadRequest
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

MAX_INTEGER = 2**31 - 1
MAX_NAME, MAX_TAG = 255, 60  # characters
MIN_HOSTNAME, MAX_LABEL = 2, 63  # characters
MAX_DIGITS = 10
_ID = "7c4d1b8e-3f52-4a0b-8e6d-5b1a9f0e2301"
_TRUE, _FALSE = {"true", "1", "yes", "on", "t", "y"}, {"false", "0", "no", "off", "f", "n"}

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=255)]
Whole = int | str
Flag = bool | str
Items = dict[Name, Text]
DiskConfig = Literal["AUTO", "MANUAL"]
_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_KEY = re.compile(r"[a-zA-Z0-9\-_:. ]+")


def name(value: str, field: str) -> str:
    """A name as Nova takes it: printable, no space at its ends. Raises :class:`BadRequest`."""
    if not value.isprintable() or value != value.strip():
        raise BadRequest(reason=f"The field {field} must be printable, without spaces at its ends. Correct it.")
    return value


def identifier(value: str, field: str) -> str:
    """A UUID, with or without its dashes. Raises :class:`BadRequest`."""
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise BadRequest(reason=f"The field {field} must be an id such as {_ID}, not {clipped(value)!r}.") from None


def items(values: Items, field: str) -> Items:
    """Metadata, or extra specs, as Nova takes their keys. Raises :class:`BadRequest`."""
    for key in values:
        if not _KEY.fullmatch(key):
            raise BadRequest(
                reason=f"The keys of {field} may hold letters, digits, spaces and - _ : . only, unlike {key!r}."
            )
    return values


def address(value: str | None, field: str, version: int) -> str | None:
    """An IP address of this version; empty for none any more. Raises :class:`BadRequest`."""
    if not value:
        return value
    try:
        known = ipaddress.ip_address(value)
    except ValueError:
        known = None
    if known is None or known.version != version:
        raise BadRequest(reason=f"The field {field} must be an IPv{version} address, not {clipped(value)!r}.")
    return str(known)


def hostname(call: Call, value: str | UnsetType, field: str) -> str | None:
    """A label, and from 2.94 a domain name. Raises :class:`BadRequest`."""
    if value is UNSET:
        return None
    dotted = call.at_least(Since.DOMAIN_NAMES)
    labels = value.split(".") if dotted else [value]
    if not MIN_HOSTNAME <= len(value) <= (MAX_NAME if dotted else MAX_LABEL) or not all(map(_LABEL.fullmatch, labels)):
        words = "a domain name" if dotted else "a host's name without dots"
        raise BadRequest(reason=f"The field {field} must be {words}: letters, digits and - only. Correct it.")
    return value


def password(value: str | None, field: str) -> str:
    """Empty: none is asked for. Raises :class:`BadRequest`."""
    if value and (not value.isprintable() or len(value) > MAX_NAME):
        raise BadRequest(reason=f"The field {field} must be printable, with {MAX_NAME} characters at most.")
    return value or ""


def tag(value: str, field: str) -> str:
    """Raises :class:`BadRequest`."""
    if not 1 <= len(value) <= MAX_TAG or "," in value or "/" in value:
        raise BadRequest(reason=f"The field {field} must have 1 to {MAX_TAG} characters and no commas or slashes.")
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
