"""The words of vncauthproxy's control protocol: one JSON object asks, one answers, without any frame. Pure.

Its first generation (1.0, a Unix socket) names a port, a destination and a password; the second (1.5 and later, TCP) a user and
the kind of viewers too, and is told the address to call. A request of the second names a user or a kind. Called by ``authproxy``.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from logic import decoding

LONGEST: Final = 4096  # bytes of a request
OK, FAILED = "OK", "FAILED"
Kind = Literal["vnc", "vnc-ws", "vnc-wss"]


class Malformed(Exception):  # noqa: N818 - the field's word
    """It is no request; ``str()`` says why."""


class Unfinished(Malformed):
    """It may become one when more of it has arrived."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A request. ``source_port`` 0: any of the pool. ``password`` is what the viewer has to know."""

    source_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    destination_address: Annotated[str, Meta(min_length=1, max_length=255)]
    destination_port: Annotated[int, Meta(ge=1, le=65535)]
    password: Annotated[str, Meta(min_length=1, max_length=255)]
    auth_user: str | None = None
    auth_password: str | None = None
    type: Kind | None = None

    @property
    def kind(self) -> Kind:
        return self.type or "vnc"

    @property
    def is_new(self) -> bool:
        return self.type is not None or self.auth_user is not None

    def __repr__(self) -> str:
        """Without its passwords."""
        return f"Wanted({self.kind}, {self.destination_address}:{self.destination_port})"


def read(data: bytes) -> Wanted:
    """Raises :class:`Unfinished` while it may be the beginning of one, :class:`Malformed` for anything else."""
    try:
        return decoding.decode(data, Wanted)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if "truncated" in str(error) and len(data) < LONGEST:
            raise Unfinished("the request broke off") from None
        raise Malformed("the request is not a JSON object") from None


def agreed(wanted: Wanted, port: int, address: str) -> bytes:
    """The viewer may call there."""
    more = {"proxy_address": address} if wanted.is_new else {}
    return msgspec.json.encode({"source_port": port, "status": OK, **more})


def failed(reason: str, *, new: bool = True) -> bytes:
    """Nothing came of it. The reason is ours: neither generation has one."""
    more: dict[str, Any] = {"proxy_address": None} if new else {}
    return msgspec.json.encode({"source_port": 0, "status": FAILED, **more, "reason": reason})
