"""The OpenAPI 3.1 document of a service: its mounted routes, each as its views say of themselves."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from synnefo.api.kernel.describing import NO_CONTENT, Operation, Shape, operation
from synnefo.api.kernel.handling import Endpoint
from synnefo.api.kernel.repeating import HEADER as IDEMPOTENCY
from synnefo.api.kernel.versions import HEADER as VERSION
from synnefo.api.kernel.versions import Versions, shown
from synnefo.api.openapi import refusals
from synnefo.api.openapi.routes import routes
from synnefo.api.openapi.shapes import Schema, Schemas
from synnefo.api.services import Service

_PART = re.compile(r"<(\w+)>")
ABOUT: Final = (
    "Bodies are decoded by these very schemas; unknown fields are left out where a schema does not forbid them. Where a body "
    "changes with the microversion, its fields are those of all versions, and what comes too early is refused by 400. "
    "Answers are told key by key; a later release may add some. Every one carries X-OpenStack-Request-Id."
)


class Told(msgspec.Struct, frozen=True):
    """A method of a route, and what its view says of it."""

    path: str
    method: str
    endpoint: Endpoint
    operation: Operation

    @property
    def view(self) -> str:
        return _named(self.endpoint.views[self.method])

    @property
    def shapes(self) -> list[Shape]:
        return [self.operation.takes, *self.operation.answers.values(), *self.operation.query.values()]


def document(service: Service) -> dict[str, Any]:
    """Raises nothing: what no view describes is not in it, and a test holds that nothing is missing."""
    all_told = list(told(service))
    schemas = Schemas(shape for one in all_told for shape in one.shapes)
    ids = _ids(all_told)
    paths: dict[str, dict[str, Any]] = {}
    for one in all_told:
        paths.setdefault(_path(one.path), {})[one.method.lower()] = {
            "operationId": ids[one.path, one.method],
            **_operation(one, schemas),
        }
    refused = {status for one in all_told for status in _refused(one)}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Synnefo, {service.entries[0][0]}", "version": _version(service), "description": ABOUT},
        "servers": [{"url": f"/{service.mount}"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": refusals.responses(service.dialect, refused),
            "parameters": _parameters(service.dialect.versions),
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
    }


def told(service: Service) -> Iterator[Told]:
    """What is described, each at the first of its addresses: older ones for the same lead there too."""
    seen: set[Any] = set()
    for route in routes():
        mount, _, path = route.path.partition("/")
        if mount != service.mount or route.endpoint is None or route.view in seen:
            continue
        seen.add(route.view)
        for method in route.methods:
            about = operation(route.endpoint.views[method])
            if about is not None:
                yield Told(f"/{path}", method, route.endpoint, about)


def _operation(one: Told, schemas: Schemas) -> dict[str, Any]:
    words = one.view.replace("_", " ").strip().capitalize()
    public = one.method in one.endpoint.public
    parameters = [*_in_path(one), *_in_query(one, schemas), *_in_headers(one)]
    return {
        "summary": words,
        "tags": [next(iter(re.findall(r"/([a-zA-Z][a-zA-Z-]{2,})(?=/|$)", one.path)), "versions")],
        **({"parameters": parameters} if parameters else {}),
        **_body(one, schemas),
        "responses": _answers(one, schemas),
        "security": [] if public else [{"token": []}],
    }


def _in_path(one: Told) -> list[Schema]:
    names = _PART.findall(one.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(one: Told, schemas: Schemas) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schemas.of(shape)} for name, shape in one.operation.query.items()]


def _in_headers(one: Told) -> list[Schema]:
    names = list(_parameters(one.endpoint.dialect.versions))
    repeatable = one.method == "POST" and one.method not in one.endpoint.public
    return [{"$ref": f"#/components/parameters/{name}"} for name in names if name != IDEMPOTENCY or repeatable]


def _parameters(versions: Versions | None) -> dict[str, Schema]:
    about = (
        f"Repeated with the same key, a POST is done once: the answer is the first one's, with {IDEMPOTENCY}-Replayed."
    )
    found = {IDEMPOTENCY: _header(IDEMPOTENCY, about, "a-key-of-mine")}
    if versions:
        span = f"from {shown(versions.minimum)} to {shown(versions.maximum)}, or latest"
        found[VERSION] = _header(VERSION, f"The microversion: {span}.", f"{versions.type} {shown(versions.maximum)}")
        if versions.legacy:
            about = f"The microversion as older clients ask for it: {span}."
            found[versions.legacy] = _header(versions.legacy, about, shown(versions.maximum))
    return found


def _header(name: str, about: str, example: str) -> Schema:
    return {"name": name, "in": "header", "description": about, "schema": {"type": "string"}, "example": example}


def _body(one: Told, schemas: Schemas) -> dict[str, Any]:
    if one.operation.takes is None:
        return {}
    schema = schemas.body(one.operation.takes)
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in one.operation.accepts}}}


def _answers(one: Told, schemas: Schemas) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, gives in sorted(one.operation.answers.items()):
        content = {} if gives is None or status == NO_CONTENT else {one.operation.sends: {"schema": schemas.of(gives)}}
        some = " Some of the actions answer with no body." if isinstance(gives, tuple) and None in gives else ""
        about = f"{HTTPStatus(status).phrase}.{some}"
        found[str(status)] = {"description": about, **({"content": content} if content else {})}
    for status in sorted(_refused(one)):
        found[str(status)] = {"$ref": f"#/components/responses/{refusals.name(status)}"}
    return found


def _refused(one: Told) -> frozenset[int]:
    return refusals.statuses(one.endpoint, one.method, one.operation)


def _path(path: str) -> str:
    return _PART.sub(r"{\1}", path)


def _named(view: Any) -> str:
    """The name of the function behind gates and partials."""
    while not hasattr(view, "__name__"):
        view = getattr(view, "view", None) or view.func
    return str(view.__name__)


def _ids(all_told: list[Told]) -> Mapping[tuple[str, str], str]:
    """The views' names, such as ``list_users``; where they say less, or several routes have one, the method and the address."""
    several = Counter(one.view for one in all_told)
    found: dict[tuple[str, str], str] = {}
    for one in all_told:
        says_all = several[one.view] == 1 and "_" in one.view
        found[one.path, one.method] = one.view if says_all else f"{one.method.lower()}_{_words(one.path)}"
    return found


def _words(path: str) -> str:
    """``/v2/images/<id>`` as ``v2_images_by_id``."""
    words = re.findall(r"\w+", path.replace("<", "by_"))
    return "_".join([*words, *(["slash"] if path.endswith("/") else [])])


def _version(service: Service) -> str:
    versions = service.dialect.versions
    return shown(versions.maximum) if versions else "1"
