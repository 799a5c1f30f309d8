"""Every answer that a test gets is one of those that its view tells of (``kernel.describing``): status, content type and keys."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings
from django.urls import Resolver404, resolve

from logic import decoding
from synnefo.api.kernel.describing import Operation, Shape, operation
from synnefo.api.kernel.handling import Endpoint
from synnefo.api.openapi.refusals import statuses

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
        _fits(reply.json, gives, where)


def _fits(value: Any, shape: Shape, where: str) -> None:
    if isinstance(shape, tuple):
        assert any(_does(value, one, where) for one in shape), (
            f"{where} with something else: say so by @describes(gives=…)"
        )
    elif isinstance(shape, Mapping):
        assert isinstance(value, dict), f"{where} with no object: say so by @describes(gives=…)"
        for name, one in shape.items():
            assert name in value, f"{where} without the key {name}: say so by @describes(gives=…)"
            _fits(value[name], one, f"{where}, {name}")
    elif shape is None:
        assert value is None, f"{where} with a value"
    else:
        decoding.convert(value, shape)


def _does(value: Any, shape: Shape, where: str) -> bool:
    try:
        _fits(value, shape, where)
    except (AssertionError, msgspec.ValidationError):
        return False
    return True
