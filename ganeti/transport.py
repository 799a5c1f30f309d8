"""The one-method seam between the RAPI client and whatever answers it.

``ganeti.https`` is the real transport; the simulator is another. A transport moves one request and one answer and knows
no resource of RAPI. It blocks; async callers go through ``logic.offload``.
"""

from typing import Protocol

import msgspec


class RapiRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` is absolute (``/2/info``); ``query`` in order, repeats allowed; ``body`` is JSON; ``timeout`` in s."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout: float = 30.0

    @property
    def is_order(self) -> bool:
        """Whether it changes the cluster: everything but GET, of which a query with a filter is one that needs a body."""
        return self.method != "GET" and not self.path.startswith("/2/query/")

    def __repr__(self) -> str:
        """Without the body: it may carry an instance's passwords."""
        return f"RapiRequest({self.method} {self.path})"


class RapiResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The HTTP status and the raw body, whatever they are: an error status is an answer too."""

    status: int
    body: bytes = b""


class NotSent(Exception):  # noqa: N818 - says what is known
    """The request certainly did not arrive: refused, unreachable, or the certificate was not the right one."""


class ReplyLost(Exception):  # noqa: N818 - says what is known
    """The request may have arrived, the answer did not: timed out, or the connection was cut after sending."""


class Transport(Protocol):
    """Raises :class:`NotSent` or :class:`ReplyLost`, nothing else, and never with a password in the text."""

    def send(self, request: RapiRequest) -> RapiResponse: ...
