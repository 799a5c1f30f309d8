"""Addresses: a route for a facade's ``urls.py``, and what answers where there is none.

Trailing slashes are taken both ways and never redirected. A wrong address is refused in the dialect of its prefix.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, include, re_path

from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.dialects import Dialect
from synnefo.api.kernel.faults import Removed, UnknownRoute
from synnefo.api.kernel.handling import Endpoint, View, bound
from synnefo.api.kernel.reading import clipped

_PART = re.compile(r"<(?:str:)?(\w+)>")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def route(
    pattern: str,
    dialect: Dialect,
    *,
    auth: bool = True,
    public: Sequence[str] = (),
    streaming: Sequence[str] = (),
    **views: View,
) -> URLPattern:
    """``route("servers/<str:server_id>", NOVA, GET=show, DELETE=delete)``, relative to the service's prefix.

    A valid token is needed unless ``auth`` is False, and except for the methods in ``public``. GET answers HEAD too. Of the
    methods in ``streaming`` the body is taken by ``Answer.taking``.
    Raises ``ValueError`` for a method that HTTP does not know.
    """
    if wrong := views.keys() - set(METHODS):
        raise ValueError(f"route {pattern!r}: unknown method {sorted(wrong)}")
    open_to_all, streamed = frozenset(public if auth else METHODS), frozenset(streaming)
    endpoint = Endpoint(route=pattern, dialect=dialect, views=views, public=open_to_all, streaming=streamed)
    return re_path(expression(pattern), bound(endpoint), name=f"{dialect.name} {pattern}")


def expression(pattern: str) -> str:
    """The regular expression of a pattern: a part between slashes for each ``<name>``."""
    literal = _PART.split(pattern)
    parts = [re.escape(text) if place % 2 == 0 else f"(?P<{text}>[^/]+)" for place, text in enumerate(literal)]
    return f"^{''.join(parts)}{'/?' if pattern else ''}$"


def mounted(prefix: str, routes: Any, dialect: Dialect) -> URLResolver:
    """A service's routes (from Django's ``include``) under its prefix, and the refusal of all others below it."""
    return re_path(rf"^{re.escape(prefix)}(?:/|$)", include([re_path("", routes), unknown(dialect)]))


def unknown(dialect: Dialect) -> URLPattern:
    """What answers where no route does."""
    views = dict.fromkeys(METHODS, _unknown)
    return re_path(r"^.*$", bound(Endpoint(route="?", dialect=dialect, views=views, public=frozenset(METHODS))))


def _unknown(call: Call) -> Answer:
    raise UnknownRoute(path=clipped(call.path))


def removed(dialect: Dialect, pattern: str) -> URLPattern:
    """What answers at an address that the service has had once, and below it: 410, whoever asks and how."""
    views = dict.fromkeys(METHODS, _removed)
    endpoint = Endpoint(route="?", dialect=dialect, views=views, public=frozenset(METHODS))
    return re_path(expression(pattern).removesuffix("/?$") + "(?:/.*)?$", bound(endpoint))


def _removed(call: Call, **_: str) -> Answer:
    raise Removed(reason=f"What was at {clipped(call.path)} is no more, here or in any newer release of this service.")
