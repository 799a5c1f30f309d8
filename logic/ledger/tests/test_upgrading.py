"""Two versions on one database: what only the newer one knows is left to it, and holds up nothing else."""

import pytest

from logic.ledger.claiming import claim
from logic.ledger.models import Command
from logic.testing.worlds import create, furnish

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]
NEWER = b'{"kind":"server.levitate","id":"1","resource":"2","instance":"snf-3"}'


@pytest.fixture(autouse=True)
def world(settings):
    settings.QUOTAS = {}
    furnish()


def test_a_command_of_a_kind_that_is_not_known_is_left_as_it_is_and_the_others_are_taken():
    newer, ours = create(name="newer"), create(name="ours")
    Command.objects.filter(resource=newer.pk).update(payload=NEWER)
    before = Command.objects.filter(resource=newer.pk).values().get()
    taken = claim("worker", limit=10, lease=60.0)
    assert [one.command.resource for one in taken] == [ours.pk]
    assert Command.objects.filter(resource=newer.pk).values().get() == before


def test_once_it_is_known_it_is_taken():
    server = create()
    payload = Command.objects.get().payload
    Command.objects.update(payload=NEWER)
    assert claim("old worker", limit=10, lease=60.0) == []
    Command.objects.update(payload=payload)
    assert [one.command.resource for one in claim("new worker", limit=10, lease=60.0)] == [server.pk]


def test_any_number_of_them_at_the_head_of_the_queue_keeps_nobody_waiting():
    for number in range(12):
        create(name=f"newer{number}")
    Command.objects.update(payload=NEWER)
    ours = create(name="ours")
    taken = claim("worker", limit=2, lease=60.0)
    assert [one.command.resource for one in taken] == [ours.pk]


def test_of_a_verb_that_is_not_known_as_many_may_wait_as_will():
    for number in range(200):
        create(name=f"newer{number}")
    Command.objects.update(payload=NEWER, verb="levitate")
    ours = create(name="ours")
    taken = claim("worker", limit=2, lease=60.0)
    assert [one.command.resource for one in taken] == [ours.pk]
