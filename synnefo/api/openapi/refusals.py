"""Which statuses a route refuses with, and what such an answer looks like: by what the kernel does for every route, and by what a
view says beside (``refuses``). Tests hold every answer they get against this.

500 is never told: it is a bug of ours.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from logic.errors import BadRequest, Refusal
from synnefo.api.kernel.describing import Operation
from synnefo.api.kernel.dialects import KEYSTONE, Dialect
from synnefo.api.kernel.handling import Endpoint
from synnefo.api.openapi.shapes import Schema, of_value

# A body or address that makes no sense, one that comes too slowly or is too large, and a cloud that cannot answer now.
ALWAYS: Final = frozenset({400, 408, 413, 503})
WITH_TOKEN: Final = frozenset({401, 403})
OF_THINGS: Final = frozenset({404})
OF_VERSIONS: Final = frozenset({404, 406})
WRITING: Final = frozenset({409})
REPEATABLE: Final = frozenset({409, 422})  # with an Idempotency-Key
_SAFE: Final = frozenset({"GET", "HEAD"})


def statuses(endpoint: Endpoint, method: str, told: Operation) -> frozenset[int]:
    """All that a method of a route may refuse with."""
    found = ALWAYS | told.refuses
    if method not in endpoint.public:
        found |= WITH_TOKEN
        found |= REPEATABLE if method == "POST" else frozenset()
    if method not in _SAFE:
        found |= WRITING
    if "<" in endpoint.route or "marker" in told.query or method not in _SAFE:
        found |= OF_THINGS
    if endpoint.dialect.versions:
        found |= OF_VERSIONS
    return found - told.answers.keys()


def responses(dialect: Dialect, known: Iterable[int]) -> dict[str, Schema]:
    """The answers that refuse, by their names."""
    return {name(status): _response(dialect, status) for status in sorted(known)}


def name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _response(dialect: Dialect, status: int) -> dict[str, Any]:
    """A missing or expired token is told of in one way by all services."""
    told = KEYSTONE if status == HTTPStatus.UNAUTHORIZED else dialect
    kind = told.content_type.partition(";")[0]
    return {"description": _sentence(status), "content": {kind: {"schema": _body(told, status)}}}


def _body(dialect: Dialect, status: int) -> Schema:
    """As the dialect words one."""
    error: Refusal = BadRequest(reason="")
    return of_value(dialect.envelope(status, error))


def _sentence(status: int) -> str:
    about = HTTPStatus(status)
    return f"{about.phrase}: {about.description}." if about.description else f"{about.phrase}."
