"""Bodies of what Neutron makes and changes: one resource under its name, or several under the plural, attribute by attribute.

Called by the views with the struct that has the attributes. What is not in it is refused by name, as Neutron does; ``UNSET`` is
what was not sent.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, UnsetType

from logic.errors import BadRequest
from synnefo.api.kernel import reading
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.describing import Shape
from synnefo.api.kernel.reading import clipped

T = TypeVar("T", bound=msgspec.Struct)
V = TypeVar("V")
MOST: Final = 100  # of a request
Flag = bool | int | str
Text = Annotated[str, Meta(max_length=255)]
_READ_ONLY: Final = frozenset({"id", "status", "created_at", "updated_at", "revision_number", "tags"})
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no"}


def taken(name: str, kind: type[msgspec.Struct]) -> Shape:
    """What :func:`new` takes, for the view's description."""
    return {name: kind}, {f"{name}s": list[kind]}  # type: ignore[valid-type]


def shown(name: str, kind: Any) -> Shape:
    """One under its name, or several under the plural."""
    return {name: kind}, {f"{name}s": list[kind]}


def new(call: Call, name: str, kind: type[T]) -> tuple[bool, list[T]]:
    """Whether it is one alone, and all. Raises :class:`BadRequest`."""
    body = _body(call)
    if body.keys() == {name}:
        return True, [_read(call, name, body[name], kind)]
    several = body.get(f"{name}s")
    if body.keys() != {f"{name}s"} or not isinstance(several, list) or not several:
        raise BadRequest(reason=f"Bad {name} request: the body must hold one {name}, or some {name}s.")
    if len(several) > MOST:
        raise BadRequest(reason=f"At most {MOST} {name}s can be made by one request. Send several.")
    return False, [_read(call, name, one, kind) for one in several]


def change(call: Call, name: str, kind: type[T]) -> T:
    """Raises :class:`BadRequest`."""
    body = _body(call)
    if body.keys() != {name}:
        raise BadRequest(reason=f"Unable to find '{name}' in request body.")
    return _read(call, name, body[name], kind)


def revision(call: Call) -> int | None:
    """The revision that the change is wanted of: ``If-Match: revision_number=5``. Raises :class:`BadRequest`."""
    said = call.header("if-match").strip()
    if not said:
        return None
    word, _, number = said.partition("=")
    if word != "revision_number" or not (number.isascii() and number.isdigit() and len(number) <= reading.MAX_DIGITS):
        raise BadRequest(reason=f"The header If-Match must be revision_number=N here, not {clipped(said)!r}.")
    return int(number)


def flag(value: Flag | UnsetType | None, name: str, default: V) -> bool | V:
    """Clients send words, too. Raises :class:`BadRequest`."""
    if value is None or isinstance(value, UnsetType):
        return default
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise BadRequest(reason=f"Invalid input for {name}. Reason: '{clipped(word)}' cannot be converted to boolean.")


def given(value: V | UnsetType | None, default: V) -> V:
    """What was sent; for nothing and null the default."""
    return default if value is None or isinstance(value, UnsetType) else value


def project(sent: Any) -> str:
    """By either of its names. Raises :class:`BadRequest` when they differ."""
    names = {one for one in (sent.project_id, sent.tenant_id) if one}
    if len(names) > 1:
        raise BadRequest(reason="'project_id' and 'tenant_id' do not match. Send one of them.")
    return next(iter(names), "")


def _body(call: Call) -> dict[str, Any]:
    return call.decode(dict[str, Any])


def _read(call: Call, name: str, sent: Any, kind: type[T]) -> T:
    if not isinstance(sent, dict):
        raise BadRequest(reason=f"Invalid input for {name}: it must be an object with attributes.")
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    if fixed := sorted((sent.keys() - known) & _READ_ONLY):
        raise BadRequest(reason=f"Attribute '{fixed[0]}' not allowed in {call.method}.")
    if unknown := sorted(sent.keys() - known):
        raise BadRequest(reason=f"Unrecognized attribute(s) '{clipped(_joined(unknown))}'.")
    try:
        return call.convert(sent, kind)
    except msgspec.ValidationError as error:
        raise BadRequest(reason=f"Invalid input for {name}: {clipped(str(error), 300)}.") from None


def _joined(words: Sequence[str]) -> str:
    return ", ".join(words)


def number(value: int | str | UnsetType | None, name: str, default: V) -> int | V:
    """Clients send digits as text, too. Raises :class:`BadRequest`."""
    if value is None or isinstance(value, UnsetType):
        return default
    word = str(value)
    if word.isascii() and word.isdigit() and len(word) <= reading.MAX_DIGITS:
        return int(word)
    raise BadRequest(reason=f"Invalid input for {name}. Reason: '{clipped(word)}' is not an integer.")
