"""Whatever is asked of an operation, be it what its document allows or not, is answered with what the document tells of: no 500,
and no status, type or body that is not in it."""

import pytest

from synnefo.api.openapi.tests.asking import answers, questions
from synnefo.api.services import SERVICES
from synnefo.api.tests.isolation.rows import compute, identity, image, network, others, volume

pytestmark = pytest.mark.django_db
ROWS = [row for service in (others, identity, compute, image, network, volume) for row in service.ROWS]


def _wrong(service, things, examples):
    return [one for question in questions(service, ROWS, things) for one in answers(question, things, examples)]


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_answers_are_those_that_the_document_tells_of(service, things):
    assert _wrong(service, things, examples=2) == []


@pytest.mark.verify
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.mount)
def test_many_answers_are_those_that_the_document_tells_of(service, things):
    assert _wrong(service, things, examples=100) == []
