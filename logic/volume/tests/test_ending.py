"""Volumes that go along with their server: deleted when it is gone, with what they hold of a quota, and tried again."""

import pytest

from logic.compute.commands import delete_server
from logic.errors import NotFound
from logic.ledger.models import Command
from logic.messages.commands import DeleteServer, DeleteServerKeeping, DeleteVolume
from logic.testing.worlds import ALICE, accepted, furnish, job, running, take, tell
from logic.volume import queries
from logic.volume.commands import (
    NewVolume,
    attach_volume,
    change_attachment,
    create_volume,
    delete_volume,
    detach_volume,
)
from logic.volume.commands.ending import end_with_servers
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.tests.test_commands import done, status, told, used

pytestmark = pytest.mark.every_database


@pytest.fixture
def server(db):
    furnish()
    return running()


def on(server, number, *, goes_along):
    id = create_volume(ALICE, NewVolume(size=2))
    attach_volume(ALICE, server.pk, id, goes_along=goes_along)
    done(number)
    return id


def removed(server, number=20):
    """Its owner has it deleted; the command that did it."""
    delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, number), job(server, "delete", number, "success", taken.command.id))
    return taken.command


def test_those_that_go_along_are_deleted_when_their_server_is_gone_and_the_others_stay(server):
    goes, stays = on(server, 9, goes_along=True), on(server, 10, goes_along=False)
    command = removed(server)
    assert isinstance(command, DeleteServerKeeping)
    assert command.volumes == (stays,)
    assert (status(goes), used()) == ("deleting", (2, 4))
    assert end_with_servers("c1") == 1
    assert end_with_servers("c1") == 0  # it is under way
    gone = done(30, status="error", error_code="unknown_entity")  # its disk went with the instance
    assert (type(gone.command), gone.command.resource) == (DeleteVolume, goes)
    with pytest.raises(NotFound):
        status(goes)
    assert used() == (1, 2)
    assert not Volume.objects.get(pk=stays).marked


def test_a_server_that_takes_all_its_volumes_along_is_removed_as_it_is(server):
    on(server, 9, goes_along=True)
    assert type(removed(server)) is DeleteServer


def test_what_was_taken_off_before_does_not_go_along(server):
    id = on(server, 9, goes_along=True)
    detach_volume(ALICE, server.pk, id)
    done(10)
    removed(server)
    assert (status(id), end_with_servers("c1")) == ("available", 0)


@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_one_that_was_just_being_moved_ends_as_it_would_have_been(server, verb):
    id = create_volume(ALICE, NewVolume(size=2))
    attach_volume(ALICE, server.pk, id, goes_along=True)
    if verb == "detach":
        done(9)
        detach_volume(ALICE, server.pk, id)
    delete_server(ALICE, server.pk)
    done(10)
    taken = take()
    tell(accepted(taken, 20), job(server, "delete", 20, "success", taken.command.id))
    assert (status(id), end_with_servers("c1")) == (("deleting", 1) if verb == "attach" else ("available", 0))


def test_it_may_be_decided_otherwise_as_long_as_the_server_is_there(server):
    id = on(server, 9, goes_along=True)
    change_attachment(ALICE, server.pk, id, goes_along=False)
    assert isinstance(removed(server), DeleteServerKeeping)
    assert end_with_servers("c1") == 0


def test_one_that_could_not_be_deleted_is_tried_again_with_a_complete_look_only(server):
    id = on(server, 9, goes_along=True)
    removed(server)
    end_with_servers("c1")
    taken = take()
    tell(accepted(taken, 30), told(taken, "error", number=30, error="no such node"))
    assert (status(id), end_with_servers("c1")) == ("deleting", 0)
    assert end_with_servers("c1", again=True) == 1
    done(31, opcode="OP_INSTANCE_REMOVE")
    assert used() == (0, 0)


def test_one_that_has_snapshots_stays_as_in_cinder(server):
    id = create_volume(ALICE, NewVolume(size=2, image="aaaaaaaa-0000-4000-8000-000000000001"))
    create_snapshot(ALICE, NewSnapshot(volume=id))
    attach_volume(ALICE, server.pk, id, goes_along=True)
    done(9)
    assert removed(server).volumes == (id,)
    assert end_with_servers("c1") == 0
    assert status(id) == "available"


def test_its_owner_may_not_interfere(server):
    id = on(server, 9, goes_along=True)
    removed(server)
    for act in (lambda: delete_volume(ALICE, id), lambda: attach_volume(ALICE, running(first_job=40).pk, id)):
        with pytest.raises(InvalidVolume):
            act()
    assert Command.objects.filter(resource=id).count() == 1


def test_another_server_decides_anew(server):
    id = on(server, 9, goes_along=True)
    detach_volume(ALICE, server.pk, id)
    done(10)
    other = running(first_job=50)
    attach_volume(ALICE, other.pk, id)
    done(60)
    assert not queries.volume(ALICE, id).goes_along
