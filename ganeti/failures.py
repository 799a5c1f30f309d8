"""What a failed RAPI call means: the one table from HTTP to ``Transient``, ``Rejected`` and ``Gone``.

``RapiError`` keeps what was said and becomes the ``__cause__`` of the folded failure. Called by ``rapi`` only.

Two traps (observed on 3.0.2), where only the message tells: a body that Ganeti cannot parse is answered with 502, like a
master daemon that is away; an order to a drained queue with 500, like one that broke off, though nothing was done.
"""

import html

import msgspec

from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost
from logic import decoding
from logic.errors import BackendFailure, Gone, Rejected, Transient

LONGEST = 500  # characters of a reason that are kept
BUSY_DELAY = 15.0  # seconds: a full or drained job queue does not empty at once
_PARSE = "failed to parse"
_DRAINED = "queue drained"
_NOT_FOUND, _TIMEOUT, _TOO_MANY = 404, 408, 429
_INTERNAL, _BAD_GATEWAY, _UNAVAILABLE = 500, 502, 503
_REFUSED_USER = frozenset({401, 403})


class RapiError(Exception):
    """Ganeti answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class _Fault(msgspec.Struct):
    message: str = ""
    explain: str | None = None


def of_transport(request: RapiRequest, error: NotSent | ReplyLost) -> Transient:
    """No answer. A question may be asked again; an order whose answer was lost may have arrived."""
    return Transient(str(error), unclear=isinstance(error, ReplyLost) and request.is_order)


def of_status(request: RapiRequest, response: RapiResponse) -> BackendFailure:
    """An answer with an error status."""
    error = RapiError(response.status, _message(request, response))
    failure = _folded(error, order=request.is_order)
    failure.__cause__ = error
    return failure


def _folded(error: RapiError, *, order: bool) -> BackendFailure:
    status, said = error.status, f"Ganeti: {error.message}"
    if status == _NOT_FOUND:
        return Gone(said)
    if status in {_TIMEOUT, _TOO_MANY}:
        return Transient(said, delay=BUSY_DELAY)
    if status in _REFUSED_USER:
        return Rejected(
            f"{said}. Check the backend's user and password, and that the user may write.", code="forbidden"
        )
    if status < _INTERNAL or (status == _BAD_GATEWAY and _PARSE in error.message.lower()):
        return Rejected(said, code="bad-request")
    if status == _UNAVAILABLE or _DRAINED in error.message.lower():
        return Transient(said, delay=BUSY_DELAY)
    return Transient(said, unclear=order)


def unreadable(request: RapiRequest, error: Exception) -> Transient:
    """Status 200, but not the answer that was expected: cut, or not from Ganeti."""
    reason = f"{request.method} {request.path}: the answer makes no sense: {error}"
    return Transient(reason, unclear=request.is_order)


def _message(request: RapiRequest, response: RapiResponse) -> str:
    try:
        fault = decoding.decode(response.body, _Fault)
        said = fault.message or fault.explain or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = response.body[:LONGEST].decode(errors="replace")
    said = html.unescape(" ".join(said.split())) or "no reason given"
    return _without_secrets(said, request)[:LONGEST]


def _without_secrets(said: str, request: RapiRequest) -> str:
    """Ganeti quotes what it cannot parse; an instance's OS parameters hold its passwords."""
    body = decoding.decode(request.body) if request.body else None
    for key, params in body.items() if isinstance(body, dict) else ():
        for value in params.values() if key.startswith("osparams") and isinstance(params, dict) else ():
            said = said.replace(str(value), "…") if value else said
    return said
