"""``GET /{service}/openapi.json``: the document of a service, made when it is first asked for, and the same while the process
runs. Needs no token: it tells no more than these sources."""

import functools
import hashlib
from typing import Any

import msgspec
from django.urls import URLPattern

from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.routing import route
from synnefo.api.openapi.document import document
from synnefo.api.services import SERVICES, Service


@describes(answers={200: {"openapi": str, "info": dict[str, Any], "paths": dict[str, Any], ...: Any}, 304: None})
def show_openapi(call: Call, *, service: Service) -> Answer:
    body, tag = _encoded(service.mount)
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
    if call.header("if-none-match") == tag:
        return Answer(304, None, headers)
    return Answer(200, body, {**headers, "Content-Type": "application/json"})


@functools.cache
def _encoded(mount: str) -> tuple[bytes, str]:
    (service,) = (one for one in SERVICES if one.mount == mount)
    body = msgspec.json.encode(document(service))
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def documents() -> list[URLPattern]:
    """The addresses, which stand before those of the services."""
    return [
        route(f"{one.mount}/openapi.json", one.dialect, auth=False, GET=functools.partial(show_openapi, service=one))
        for one in SERVICES
    ]
