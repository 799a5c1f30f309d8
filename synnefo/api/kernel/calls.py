"""What a view is given and what it gives back."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from logic import decoding
from logic.access import Caller
from logic.errors import BadRequest
from logic.offload import Offload
from synnefo.api.kernel import reading
from synnefo.api.kernel.describing import Operation

T = TypeVar("T")
ANONYMOUS = Caller(user="")
_TRUE, _FALSE = {"true", "1", "yes", "on", "t", "y"}, {"false", "0", "no", "off", "f", "n"}


class Stream(msgspec.Struct, frozen=True):
    """A body of ``length`` bytes that is read while it is sent; ``open`` and each step block, and may raise ``OSError``."""

    length: int
    open: Callable[[], Iterator[bytes]]


class Answer(msgspec.Struct, frozen=True):
    """A reply: ``body`` None is none at all, bytes and :class:`Stream` go as they are (name their Content-Type), anything else as
    JSON. ``later`` gives the reply that takes this one's place: what has to be asked outside is asked when transaction and thread
    are free. So does ``taking``, on routes that stream: it is given the pieces of the request's body, as slowly as they come."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = {}
    later: Callable[[], Awaitable["Answer"]] | None = None
    taking: Callable[[AsyncIterator[bytes], Offload], Awaitable["Answer"]] | None = None


class Query(dict[str, list[str]]):
    """The parameters behind the question mark; each may be given several times."""

    @classmethod
    def parsed(cls, raw: str) -> "Query":
        query = cls()
        for name, value in parse_qsl(raw, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return query

    def one(self, name: str, default: str = "") -> str:
        """The last value given."""
        values = self.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        return self.get(name, [])

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        """``True``, ``1``, ``false``… in any case; ``None``, ``none``, empty and absent are the default. Raises
        :class:`BadRequest`."""
        value = self.one(name).lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        if value in {"", "none", "null"}:
            return default
        raise BadRequest(reason=f"The parameter {name} must be true or false, not {reading.clipped(value)!r}.")

    def number(self, name: str, default: int) -> int:
        """A whole number of 0 or more. Raises :class:`BadRequest`."""
        value = self.one(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) <= reading.MAX_DIGITS):
            sentence = f"The parameter {name} must be a whole number of 0 or more, not {reading.clipped(value)!r}."
            raise BadRequest(reason=sentence)
        return int(value)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, authenticated. ``version`` is the microversion agreed on, ``base_url`` the scheme and host the
    client used, ``address`` the client's own; ``caller`` is :data:`ANONYMOUS` on routes without ``auth``; ``described`` is what
    the view says of itself."""

    caller: Caller
    method: str
    path: str
    query: Query
    version: tuple[int, int]
    base_url: str
    request_id: str
    address: str
    body: bytes
    meta: Mapping[str, Any]
    described: Operation | None = None

    def decode(self, kind: type[T]) -> T:
        """The JSON body as ``kind``, a msgspec struct. Raises :class:`BadRequest` saying which field, why, what to do, and
        ``TypeError`` for a struct that the view has not declared."""
        if self.described is not None:
            self.described.check(kind)
        return reading.decode(self.body, kind)

    def convert(self, value: Any, kind: type[T]) -> T:
        """A part of the body as ``kind``. Raises ``msgspec.ValidationError``, and ``TypeError`` as :meth:`decode` does."""
        if self.described is not None:
            self.described.check(kind)
        return decoding.convert(value, kind)

    def header(self, name: str) -> str:
        """A request header, empty when not sent."""
        return str(self.meta.get("HTTP_" + name.upper().replace("-", "_"), ""))

    def at_least(self, minor: int) -> bool:
        """Whether the microversion agreed on is at least 2.``minor`` (or the service's own major)."""
        return self.version[1] >= minor
