"""How each service words a refusal: its body, and the codes where it differs from the others.

Bodies as Keystone, Nova, Neutron and Glance send them; the SDK shows the first ``message`` it finds, or the stripped
HTML. Nova's fault names are those of its API reference.
"""

import html
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from logic import errors
from logic.errors import Refusal
from logic.network.refusals import RevisionNumberConstraintFailed
from logic.network.security.refusals import Named
from synnefo.api.kernel.versions import Versions

Envelope = Callable[[int, Refusal], Any]


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """A service's manner. ``codes`` overrides the table of ``faults``; ``versions`` None: no microversions; ``echo``:
    further headers that carry the request id."""

    name: str
    envelope: Envelope
    content_type: str = "application/json"
    codes: Mapping[type[Refusal], int] = {}
    versions: Versions | None = None
    echo: tuple[str, ...] = ()


def title(status: int) -> str:
    return HTTPStatus(status).phrase


def _keystone(status: int, error: Refusal) -> Any:
    return {"error": {"code": status, "message": error.sentence, "title": title(status)}}


_NOVA_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    422: "unprocessableEntity",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def _nova(status: int, error: Refusal) -> Any:
    return {_NOVA_FAULTS.get(status, "computeFault"): {"code": status, "message": error.sentence}}


_NEUTRON_TYPES: dict[type[Refusal], str] = {
    errors.QuotaExceeded: "OverQuota",
    errors.Forbidden: "PolicyNotAuthorized",
    errors.BadRequest: "BadRequest",
    errors.Conflict: "Conflict",
}


def _neutron(status: int, error: Refusal) -> Any:
    return {"NeutronError": {"type": _neutron_type(status, error), "message": error.sentence, "detail": ""}}


def _neutron_type(status: int, error: Refusal) -> str:
    if isinstance(error, errors.NotFound) and "kind" in error.facts:
        return "".join(word.capitalize() for word in str(error.facts["kind"]).split()) + "NotFound"
    if isinstance(error, Named):
        return type(error).__name__
    named = next((_NEUTRON_TYPES[kind] for kind in type(error).__mro__ if kind in _NEUTRON_TYPES), "")
    return named or "HTTP" + title(status).replace(" ", "")


def _glance(status: int, error: Refusal) -> bytes:
    head = f"{status} {title(status)}"
    text = html.escape(error.sentence, quote=False)
    page = f"<html>\n <head>\n  <title>{head}</title>\n </head>\n <body>\n  <h1>{head}</h1>\n  {text}<br /><br />\n"
    return (page + "\n\n\n </body>\n</html>").encode()


KEYSTONE = Dialect(name="identity", envelope=_keystone)
NOVA = Dialect(
    name="compute",
    envelope=_nova,
    versions=Versions("compute", (2, 1), (2, 1), legacy="X-OpenStack-Nova-API-Version"),
    echo=("x-compute-request-id",),
)
CINDER = Dialect(
    name="volume",
    envelope=_nova,
    codes={errors.QuotaExceeded: 413},
    versions=Versions("volume", (3, 0), (3, 71)),
    echo=("x-compute-request-id",),
)
NEUTRON = Dialect(
    name="network", envelope=_neutron, codes={errors.QuotaExceeded: 409, RevisionNumberConstraintFailed: 412}
)
GLANCE = Dialect(
    name="image", envelope=_glance, content_type="text/html; charset=utf-8", codes={errors.QuotaExceeded: 413}
)
NODES = Dialect(name="nodes", envelope=_keystone)  # no service of OpenStack's
