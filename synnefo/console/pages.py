"""``/console/``: the page that shows a screen, in any browser. The same for everybody; what it may show is in its ticket.

Nothing on it comes from elsewhere, and nobody may frame it.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse

from synnefo.api.kernel import running
from synnefo.console import novnc
from synnefo.console.novnc import File

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' {socket}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


async def page(request: HttpRequest, name: str = "") -> HttpResponse:
    """The page, its script and its style."""
    return _response(request, await running.current().call(novnc.page, name or "index.html"))


async def library(request: HttpRequest, name: str) -> HttpResponse:
    """noVNC."""
    return _response(request, await running.current().call(novnc.file, name))


def _response(request: HttpRequest, found: File | None) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(b"", status=405, headers={"Allow": "GET, HEAD"})
    if found is None:
        return HttpResponse(b"There is no such file.\n", status=404, headers={"Content-Type": "text/plain"} | HEADERS)
    headers = {"Content-Type": found.kind, "Content-Security-Policy": POLICY.format(socket=_socket(request)), **HEADERS}
    return HttpResponse(b"" if request.method == "HEAD" else found.body, headers=headers)


def _socket(request: HttpRequest) -> str:
    """Browsers that do not count WebSockets among ``'self'`` need them named."""
    host = request.META.get("HTTP_HOST", "")
    plain = all(letter.isalnum() or letter in ".-:[]" for letter in host)
    return f"ws://{host} wss://{host}" if host and plain else ""
