"""A row that somebody else holds keeps a request waiting for a few seconds, not for ever: 503, and nothing was done."""

import threading

import pytest
from django.db import connections, transaction

from logic.compute.models import Server
from logic.ledger.models import Command
from logic.testing.worlds import ALICE, furnish, running
from synnefo.settings.databases import impatient
from synnefo.testing.databases import replaced

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.every_database]
BOUND = 30.0  # seconds; a bound, never a measure


@pytest.fixture
def impatiently(default_database):
    if default_database == "sqlite":
        pytest.skip("one transaction at a time")
    with replaced(impatient(connections.settings["default"], 1.0)):
        yield


@pytest.fixture
def held(impatiently):
    """A server whose row is held by another connection until the test ends; calling it lets go before."""
    furnish()
    server = running()
    holds, enough = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Server.objects.select_for_update().get(pk=server.pk)
            holds.set()
            enough.wait(BOUND)
        connections.close_all()

    thread = threading.Thread(target=hold)

    def let_go():
        enough.set()
        thread.join(BOUND)

    thread.start()
    assert holds.wait(BOUND)
    yield server, let_go
    let_go()


def test_a_request_that_needs_it_is_told_to_come_back_and_has_done_nothing(held, api):
    server, let_go = held
    alice, path = api.of(ALICE), f"/compute/v2.1/servers/{held[0].pk}"
    before = Command.objects.count()
    reply = alice.delete(path)
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")
    assert "nothing was done" in reply.json["serviceUnavailable"]["message"]
    assert Command.objects.count() == before
    let_go()
    assert alice.delete(path).status == 204
    assert Server.objects.get(pk=server.pk).verb == "delete"
