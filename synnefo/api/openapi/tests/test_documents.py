"""The documents say of every route what it takes and gives, and are OpenAPI 3.1."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from synnefo.api.kernel.describing import operation
from synnefo.api.openapi.document import document, told
from synnefo.api.openapi.routes import routes
from synnefo.api.services import IDENTITY, IMAGE, NETWORK, SERVICES, VOLUME

DESCRIBED = [IDENTITY, IMAGE, NETWORK, VOLUME]


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_is_openapi(service):
    OpenAPIV31SpecValidator(document(service)).validate()


@pytest.mark.parametrize("service", DESCRIBED, ids=lambda one: one.mount)
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
def test_every_description_is_in_the_document(service):
    paths = document(service)["paths"]
    there = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert there == {(one.path.replace("<", "{").replace(">", "}"), one.method) for one in told(service)}


def test_operations_have_names_of_their_own():
    for service in SERVICES:
        names = [about["operationId"] for methods in document(service)["paths"].values() for about in methods.values()]
        assert len(names) == len(set(names))
