"""The one-method seam between the RAPI client and whatever answers it.

``RequestsTransport`` (``ganeti.https``) is the real one; the simulator is another. A transport moves one request and
one answer and knows no resource of RAPI. It blocks; async callers go through ``logic.offload``.
"""

from typing import Protocol

import msgspec


class RapiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is absolute (``/2/info``); ``query`` in order, repeats allowed; ``body`` is JSON; ``timeout`` seconds."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout: float = 30.0


class RapiResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP status and the raw body, whatever they are: an error status is an answer too."""

    status: int
    body: bytes = b""


class NotSent(Exception):  # noqa: N818 - says what is known
    """The request certainly did not arrive: refused, unreachable, or the TLS handshake failed."""


class ReplyLost(Exception):  # noqa: N818 - says what is known
    """The request may have arrived, the answer did not: timed out, or the connection was cut after sending."""


class Transport(Protocol):
    """Raises :class:`NotSent` or :class:`ReplyLost`, nothing else, and never with a password in the text."""

    def send(self, request: RapiRequest) -> RapiResponse: ...
