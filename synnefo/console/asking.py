"""What a viewer's request must have before anything is done for it: the right address, the right origin, a ticket.

The ticket travels as a WebSocket subprotocol, since addresses are logged along the way. Pure but for the settings; called by
``gate``.
"""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from websockets.http11 import Request

ADDRESS: Final = "/console/websocket"
PREFIX: Final = "ticket."


class Refused(Exception):  # noqa: N818 - the field's word
    """Answered with this status and sentence."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def ticket(request: Request) -> str:
    """The one that came along. Raises :class:`Refused`."""
    if request.path.partition("?")[0] != ADDRESS:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no WebSocket at this address.")
    if not _is_ours(request):
        raise Refused(HTTPStatus.FORBIDDEN, "Consoles are opened from pages of this cloud only.")
    found = [one[len(PREFIX) :] for one in _offered(request) if one.startswith(PREFIX)]
    if len(found) != 1:
        raise Refused(HTTPStatus.UNAUTHORIZED, "Offer the subprotocols binary and ticket.TICKET.")
    return found[0]


def _offered(request: Request) -> list[str]:
    lines = request.headers.get_all("Sec-WebSocket-Protocol")
    return [one.strip() for line in lines for one in line.split(",")]


def _is_ours(request: Request) -> bool:
    """Does the page it comes from belong to us? Every browser says so; what is none has no page, and needs the ticket all the
    same."""
    origins = request.headers.get_all("Origin")
    if not origins:
        return True
    if len(origins) > 1:
        return False
    if settings.PUBLIC_URL:
        return origins[0].lower() == str(settings.PUBLIC_URL).lower()
    return bool(host := _host(request)) and urlsplit(origins[0].lower()).netloc == host


def _host(request: Request) -> str:
    """As the client named it. Its scheme is only known to the proxy before us."""
    named = request.headers.get_all("Host")
    if settings.TRUST_FORWARDED_HEADERS:
        named = [*named, *(line.rpartition(",")[2] for line in request.headers.get_all("X-Forwarded-Host"))]
    return named[-1].strip().lower() if named else ""
