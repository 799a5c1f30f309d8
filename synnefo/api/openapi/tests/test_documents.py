"""The documents say of every route what it takes and gives, and are OpenAPI 3.1."""

import re
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

import synnefo.api
from synnefo.api.kernel.describing import leaves, operation
from synnefo.api.openapi.document import document, told
from synnefo.api.openapi.routes import routes
from synnefo.api.services import SERVICES

DECODED = re.compile(r"(?:decode\(|convert\([^,\n]+, )(?:\w+\.)*(_?[A-Z]\w+)\)")
NOT_OF_REQUESTS = {"Ec2Blob", "Items"}  # what is kept in the database, and a plain dictionary


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_is_openapi(service):
    OpenAPIV31SpecValidator(document(service)).validate()


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_every_route_says_what_it_takes_and_gives(service):
    """What lands without is refused here: decorate its view with ``@describes``."""
    silent = {
        f"{method} {one.path}"
        for one in routes()
        for method in one.methods
        if one.path.split("/")[0] == service.mount and operation(one.endpoint.views[method]) is None
    }
    assert silent == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_every_answer_is_told_key_by_key(service):
    """An object that says nothing of itself is refused here: write a typed dictionary (``kernel.answers``)."""
    silent = {
        f"{one.method} {one.path}"
        for one in told(service)
        if any(kind in {dict, list} for kind in leaves(tuple(one.operation.answers.values())))
    }
    assert silent == set()


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_every_description_is_in_the_document(service):
    paths = document(service)["paths"]
    there = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert there == {(one.path.replace("<", "{").replace(">", "}"), one.method) for one in told(service)}


def test_operations_have_names_of_their_own():
    for service in SERVICES:
        names = [about["operationId"] for methods in document(service)["paths"].values() for about in methods.values()]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_every_struct_that_is_decoded_is_in_the_document(service):
    """Those of actions too, which are read as parts of a body."""
    declared = {
        kind.__name__ for one in told(service) for kind in leaves(one.operation.takes) if isinstance(kind, type)
    }
    package = Path(synnefo.api.__file__).parent / service.mount
    sources = [path.read_text() for path in package.rglob("*.py") if "tests" not in path.parts]
    decoded = {name for source in sources for name in DECODED.findall(source)}
    assert decoded - declared - NOT_OF_REQUESTS == set()
