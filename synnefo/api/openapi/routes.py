"""What there is to ask: every pattern of ``synnefo.urls``, its address as a facade writes it, and its methods. For documents, and
for the tests that hold every route to something."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from django.urls import URLResolver, get_resolver

from synnefo.api.kernel.handling import Endpoint

_WRITTEN = (
    (re.compile(r"\(\?:/\|\$\)"), "/"),  # behind a service's prefix
    (re.compile(r"\(\?:[^()]*\)\?"), ""),  # the project that old clients put into addresses
    (re.compile(r"\(\?P(<\w+>)[^()]*\)"), r"\1"),
    (re.compile(r"<\w+:(\w+)>"), r"<\1>"),
    (re.compile(r"[\^$\\]"), ""),
    (re.compile(r"/?\?$"), ""),
)


class Route(msgspec.Struct, frozen=True):
    """Such as ``compute/v2.1/servers/<server_id>``; views that are not the kernel's have only GET, and no ``endpoint``."""

    path: str
    methods: tuple[str, ...]
    view: Callable[..., Any]
    endpoint: Endpoint | None = None


def routes() -> list[Route]:
    """All, but for what answers where there is none."""
    return list(_below("", get_resolver("synnefo.urls").url_patterns))


def _below(prefix: str, patterns: Sequence[Any]) -> Iterator[Route]:
    for one in patterns:
        here = prefix + str(one.pattern)
        endpoint = getattr(one.callback, "endpoint", None)
        if isinstance(one, URLResolver):
            yield from _below(here, one.url_patterns)
        elif endpoint is None:
            yield Route(route_of(here), ("GET",), one.callback)
        elif endpoint.route != "?":
            yield Route(route_of(here), tuple(sorted(endpoint.views)), one.callback, endpoint)


def route_of(pattern: str) -> str:
    """A pattern of the resolver's as an address with parts in brackets."""
    for expression, text in _WRITTEN:
        pattern = expression.sub(text, pattern)
    return pattern
