"""Where a request comes from, and the address the client used: what links in replies are made of.

Behind a proxy the site says so: PUBLIC_URL, or TRUST_FORWARDED_HEADERS when the proxy sets the three headers itself.
Otherwise X-Forwarded headers are a client's invention and not looked at.
"""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from logic.errors import BadRequest


def base_url(request: HttpRequest) -> str:
    """Scheme and host, such as ``https://cloud.example:8000``. Raises :class:`BadRequest` for a host not ours."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    forwarded = _forwarded(request, "HOST")
    if not forwarded:
        return f"{_scheme(request)}://{_host(request)}"
    if not validate_host(split_domain_port(forwarded)[0], settings.ALLOWED_HOSTS):
        raise _not_ours()
    return f"{_scheme(request)}://{forwarded}"


def address(request: HttpRequest) -> str:
    """The client's, as the server or the nearest proxy saw it."""
    return _forwarded(request, "FOR") or str(request.META.get("REMOTE_ADDR", ""))


def _scheme(request: HttpRequest) -> str:
    return "https" if _forwarded(request, "PROTO").lower() == "https" else request.scheme or "http"


def _host(request: HttpRequest) -> str:
    try:
        return request.get_host()
    except DisallowedHost:
        raise _not_ours() from None


def _forwarded(request: HttpRequest, what: str) -> str:
    """The last entry: the one our own proxy wrote."""
    if not settings.TRUST_FORWARDED_HEADERS:
        return ""
    return str(request.META.get(f"HTTP_X_FORWARDED_{what}", "")).rpartition(",")[2].strip()


def _not_ours() -> BadRequest:
    return BadRequest(reason="The Host header is not a host name this API answers to.")
