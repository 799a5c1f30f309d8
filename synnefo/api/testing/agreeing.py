"""Every answer that a test gets is one of those that its view tells of (``kernel.describing``): status, content type, and the
keys (``fields``)."""

import functools
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import Resolver404, resolve

from synnefo.api.kernel.describing import Operation, Shape, operation
from synnefo.api.kernel.handling import Endpoint
from synnefo.api.kernel.versions import HEADER, Version
from synnefo.api.openapi.refusals import statuses
from synnefo.api.testing.fields import fit

if TYPE_CHECKING:
    from synnefo.api.testing import Reply


def agree(method: str, path: str, reply: "Reply") -> None:
    """Raises ``AssertionError`` when the document of the service would not tell of such an answer."""
    endpoint = _endpoint(path, settings.ROOT_URLCONF)
    is_head, method = method == "HEAD", "GET" if method == "HEAD" else method
    told = operation(endpoint.views.get(method)) if endpoint else None
    if endpoint is None or told is None:
        return
    where = f"{method} {endpoint.route} answers {reply.status}"
    if reply.status not in told.answers:
        assert reply.status in statuses(endpoint, method, told), (
            f"{where}: say so by @describes at its view. {reply.body!r}"
        )
    elif reply.body:
        _check(told, told.answers[reply.status], reply, where)
    elif not is_head:
        gives = told.answers[reply.status]
        assert gives is None or (isinstance(gives, tuple) and None in gives), f"{where} without a body"


@functools.cache
def _endpoint(path: str, urls: str) -> Endpoint | None:
    try:
        endpoint = getattr(resolve(path, urls).func, "endpoint", None)
    except Resolver404:
        return None
    return endpoint if isinstance(endpoint, Endpoint) else None


def _check(told: Operation, gives: Shape, reply: "Reply", where: str) -> None:
    kind = reply.headers.get("content-type", "").partition(";")[0]
    assert gives is not None, f"{where} with a body: say so by @describes(gives=…)"
    assert kind == told.sends, f"{where} as {kind}, not as {told.sends}: say so by @describes(sends=…)"
    if kind == "application/json":
        fit(reply.json, gives, _version(reply), where)


def _version(reply: "Reply") -> Version | None:
    """The one that was used, of a service that has some."""
    told = reply.headers.get(HEADER.lower(), "").rpartition(" ")[2]
    major, _, minor = told.partition(".")
    return (int(major), int(minor)) if minor else None
