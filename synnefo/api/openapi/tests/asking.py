"""Asks every operation of a document with what schemathesis makes of it, of things that are there, as who may all and who may
less.

Bodies are made of schemas that allow nothing beside what they name: of what is not looked at nothing is learned. The address, who
may ask and what of is a row's of the isolation matrix. Nothing that is asked for stays.
"""

import json
import re
import warnings
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote, urlencode

import msgspec
import requests
import schemathesis
from django.db import transaction
from django.urls import resolve
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from synnefo.api.image.bodies import PATCHES
from synnefo.api.kernel.versions import HEADER
from synnefo.api.openapi.document import document
from synnefo.api.openapi.document import told as described
from synnefo.api.services import Service
from synnefo.api.testing import Api, Reply
from synnefo.api.tests.isolation.asking import _filled
from synnefo.api.tests.isolation.personas import ALPHA, OWNER
from synnefo.api.tests.isolation.rows import Row
from synnefo.api.tests.isolation.world import Things

# 501 is told of where it is possible; 500 never is.
CHECKS: Final = [status_code_conformance, response_schema_conformance, content_type_conformance]
ALL: Final = list(HealthCheck)
WHO: Final = ("admin token", "member token")
for kind in PATCHES:
    schemathesis.serializer.alias(kind, "application/json")
_PART: Final = re.compile(r"{(\w+)}")


class Asker(msgspec.Struct, frozen=True):
    """Whose token, in which microversion, whether of something with a strange name, and whether what a body names is there."""

    token: str
    version: str = "latest"
    strange: bool = False
    knows: bool = False


ASKERS: Final = st.builds(
    Asker,
    st.sampled_from(WHO),
    st.sampled_from(("latest", "")),
    st.sampled_from((False, False, False, True)),
    st.sampled_from((True, True, False)),
)
_REFERENCE: Final = re.compile(r"(?:_id|_uuid|Ref|Id)$")
_CALLED: Final = {
    "instance": "server",
    "volid": "volume",
    "tenant": "project",
    "subnetpool": "pool",
    "security_group": "group",
    "floating_network": "public",
}


class Question(msgspec.Struct, frozen=True):
    """An operation, the row of its route, and the address that this makes."""

    operation: Any
    row: Row
    address: str


def questions(service: Service, rows: list[Row], things: Things) -> Iterator[Question]:
    """One for each operation."""
    endpoints = {(one.method, one.path): one.endpoint for one in described(service)}
    known = {(row.method, id(_endpoint(row))): row for row in sorted(rows, key=lambda row: "?" not in row.path)}
    for found in schemathesis.openapi.from_dict(tight(document(service))).get_all_operations():
        operation = found.ok()
        method, path = operation.method.upper(), _PART.sub(r"<\1>", operation.path)
        row = known[method, id(endpoints[method, path])]
        yield Question(operation, row, _filled(row.path.partition("?")[0], _names(row, things)))


def _endpoint(row: Row) -> Any:
    return getattr(resolve("/" + _PART.sub("c" * 32, row.path.partition("?")[0])).func, "endpoint", None)


def tight(told: dict[str, Any]) -> dict[str, Any]:
    """A document whose bodies hold nothing beside what is named, and without headers: they are ours. Answers stay as they are."""
    schemas, taken = told["components"]["schemas"], _taken(told)
    closed = {name: _closed(one) if name in taken else one for name, one in schemas.items()}
    return {**_closed(told), "components": {**told["components"], "schemas": closed}}


def _taken(told: dict[str, Any]) -> set[str]:
    """The names of the schemas in bodies, and of those in them."""
    found = set[str]()
    waiting = _referred([one.get("requestBody") for methods in told["paths"].values() for one in methods.values()])
    while waiting:
        found |= waiting
        waiting = _referred([told["components"]["schemas"][name] for name in waiting]) - found
    return found


def _referred(told: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))


def _closed(told: Any) -> Any:
    if isinstance(told, list):
        return [
            _closed(one)
            for one in told
            if not (isinstance(one, dict) and "components/parameters" in one.get("$ref", ""))
        ]
    if not isinstance(told, dict):
        return told
    closed = {"additionalProperties": False} if told.get("type") == "object" and "properties" in told else {}
    return {**closed, **{name: one if name == "responses" else _closed(one) for name, one in told.items()}}


def _names(row: Row, things: Things) -> dict[str, str]:
    names = {kind: sides[ALPHA] for kind, sides in things.items()}
    return {**names, "it": things[row.it][ALPHA] if row.it else "", "me": OWNER[ALPHA], "now": "20300101T000000Z"}


def answers(question: Question, things: Things, examples: int) -> list[str]:
    """What was wrong with some answers to a question, asked so often well and so often badly."""
    operation, problems = question.operation, list[str]()
    if not (operation.body or operation.query):
        return [problem for who in WHO for problem in _problem(question, operation.Case(), Asker(who), things)]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(1)
        @settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=ALL
        )
        @given(operation.as_strategy(generation_mode=mode), ASKERS)
        def asked(case: Case, who: Asker) -> None:
            problems.extend(_problem(question, case, who, things))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asked()
    return problems


def _problem(question: Question, case: Case, who: Asker, things: Things) -> Iterator[str]:
    named = case.formatted_path if who.strange else ""
    case.path_parameters = dict.fromkeys(_PART.findall(question.operation.path), "x")
    told = f"{question.operation.label} {case.body!r:.300} {case.query!r:.200} by {who}"
    with transaction.atomic():
        try:
            reply = _reply(question, case, who, things, named)
            assert reply.status != 500
            if reply.body and not named:  # of some actions none has one; a strange name may lead to another route
                case.validate_response(_response(question, reply), checks=CHECKS)
        except AssertionError as problem:
            yield f"{told}: {problem}"
        except BaseExceptionGroup as problems:
            yield f"{told}: {' '.join(str(one) for one in problems.exceptions)}"
        transaction.set_rollback(True)


def _reply(question: Question, case: Case, who: Asker, things: Things, named: str) -> Reply:
    names, service = _names(question.row, things) | {"token": who.token}, question.row.path.partition("/")[0]
    headers = {name: _filled(value, names) for name, value in question.row.headers.items()}
    headers |= {"content-type": case.media_type or "application/json", HEADER: f"{service} {who.version}"}
    known = {**names, "flavor": "1", "domain": "default"} if who.knows else {}
    query = urlencode(case.query or {}, doseq=True, errors="surrogatepass")
    address = unquote(f"{service}{named}").replace("?", "-") if named else question.address
    path = f"/{address}{'?' if query else ''}{query}"
    return Api(who.token).request(question.row.method, path, body=_body(case, known), headers=headers)


def _body(case: Case, known: dict[str, str]) -> bytes:
    if isinstance(case.body, bytes):
        return case.body
    if type(case.body).__name__ == "NotSet":
        return b""
    return json.dumps(_knowing(case.body, known)).encode()


def _knowing(body: Any, known: dict[str, str]) -> Any:
    """The body with ids of what is there, where its keys tell of what kind they are."""
    if isinstance(body, list):
        return [_knowing(one, known) for one in body]
    if not isinstance(body, dict):
        return body
    found = {name: _knowing(one, known) for name, one in body.items()}
    kinds = {name: _REFERENCE.sub("", name) for name, one in found.items() if isinstance(one, str)}
    return found | {
        name: known[_CALLED.get(kind, kind)] for name, kind in kinds.items() if _CALLED.get(kind, kind) in known
    }


def _response(question: Question, reply: Reply) -> schemathesis.Response:
    address = _PART.sub("x", question.operation.path)
    request = requests.Request(question.row.method, f"http://cloud.example{address}").prepare()
    headers = {name: [value] for name, value in reply.headers.items()}
    return schemathesis.Response(reply.status, headers, reply.body, request, 0.0, False)
