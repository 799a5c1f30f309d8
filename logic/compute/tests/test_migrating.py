"""What became of moves, as operators are told, on each database."""

import pytest

from ganeti.vocabulary import OP_FAILOVER, OP_MIGRATE
from logic.compute import commands
from logic.compute.migration_lists import MigrationFilter, migrations, under_way
from logic.placement.models import Backend
from logic.testing.worlds import ADMIN, ALICE, accepted, furnish, job, running, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def cloud():
    furnish()
    Backend.objects.update(disk_template="drbd")


def ended(server, number, opcode, status="success"):
    """The command in flight runs as this job, and ends so."""
    taken = take()
    about = {"command": taken.command.id, "opcode": opcode}
    tell(accepted(taken, number), job(server, "stop", number, "running", **about))
    before = [one.status for one in migrations()]
    tell(job(server, "stop", number, status, **about))
    return before[0]


def words(**wanted):
    return [one.status for one in migrations(MigrationFilter(**wanted))]


def test_each_kind_of_move_is_told_in_its_own_words():
    live, cold = running(first_job=1), running(first_job=11)
    commands.migrate_live(ADMIN, live.pk)
    assert (words(), [one.status for one in under_way(live.pk)]) == (["queued"], ["queued"])
    assert ended(live, 2, OP_MIGRATE, "error") == "running"
    assert (words(), under_way(live.pk)) == (["error"], [])
    commands.migrate_server(ADMIN, cold.pk)
    assert words(server=cold.pk) == ["pre-migrating"]
    assert ended(cold, 12, OP_FAILOVER) == "migrating"
    assert words(status="finished") == ["finished"]
    commands.revert_resize(ALICE, cold.pk)
    assert words(server=cold.pk) == ["finished"]
    ended(cold, 13, OP_FAILOVER)
    assert words() == ["reverted", "error"]


def test_they_are_narrowed_and_paged_the_newest_first():
    servers = [running(first_job=number) for number in (1, 11, 21)]
    for number, server in zip((2, 12, 22), servers, strict=True):
        commands.migrate_live(ADMIN, server.pk)
        ended(server, number, OP_MIGRATE)
    first = migrations(limit=2)
    assert [one.server for one in first] == [servers[2].pk, servers[1].pk]
    assert [one.server for one in migrations(limit=2, marker=first[-1].uuid)] == [servers[0].pk]
    assert words(changes_since=first[0].updated_at) == ["completed"]
    assert words(changes_before=first[-1].updated_at, kind="live-migration", host="c1") == ["completed"] * 2
    assert words(host="c2") == []
