"""A disk is made larger on its keeper and on its server: counted when it is asked for, and larger when it is."""

import pytest

from logic.compute.commands import delete_server
from logic.errors import QuotaExceeded
from logic.ledger.models import Command
from logic.messages.commands import ExtendVolume
from logic.quota.commands import fold
from logic.testing.worlds import ALICE, accepted, furnish, running, take, tell
from logic.volume import queries
from logic.volume.commands import delete_volume, detach_volume, extend_volume
from logic.volume.refusals import InvalidVolume
from logic.volume.tests.test_commands import look, off, on, told, used

pytestmark = pytest.mark.every_database


@pytest.fixture
def server(db):
    furnish()
    return running()


def extended(id, status="success", *, number=20):
    taken = take()
    tell(accepted(taken, number), told(taken, status, number, opcode="OP_INSTANCE_GROW_DISK"))
    return taken.command


def shown(id):
    info = queries.volume(ALICE, id)
    return info.status, info.size, info.server


def test_one_that_is_kept_is_larger_when_its_cluster_has_made_it_so(server):
    id = on(server)
    off(server, id)
    extend_volume(ALICE, id, 5)
    assert (shown(id), used()) == (("extending", 2, ""), (1, 5))
    order = extended(id)
    assert isinstance(order, ExtendVolume)
    assert (order.size, order.instance) == (5120, server.instance)
    assert (shown(id), used()) == (("available", 5, ""), (1, 5))
    delete_volume(ALICE, id)
    extended(id, number=21)
    assert used() == (0, 0)


def test_one_that_is_on_a_server_stays_there_meanwhile(server):
    id = on(server)
    with pytest.raises(InvalidVolume):
        extend_volume(ALICE, id, 5)
    extend_volume(ALICE, id, 5, attached=True)
    assert shown(id) == ("extending", 2, server.pk)
    assert [one.id for one in queries.on_servers([server.pk])[server.pk]] == [id]
    with pytest.raises(InvalidVolume):
        detach_volume(ALICE, server.pk, id)
    extended(id)
    assert shown(id) == ("in-use", 5, server.pk)


def test_its_server_is_deleted_when_that_is_done(server):
    id = on(server)
    extend_volume(ALICE, id, 5, attached=True)
    delete_server(ALICE, server.pk)
    extended(id)
    assert take().command.volumes == (id,)


@pytest.mark.parametrize("folded", [False, True], ids=["fresh deltas", "folded ones"])
def test_one_that_could_not_be_made_larger_is_as_it_was(server, folded):
    id = on(server)
    extend_volume(ALICE, id, 5, attached=True)
    while folded and fold():
        pass
    extended(id, "error")
    assert (shown(id), used()) == (("in-use", 2, server.pk), (1, 2))
    assert queries.volume(ALICE, id).fault
    # And it may be tried again
    extend_volume(ALICE, id, 4, attached=True)
    extended(id, number=21)
    assert (shown(id), used(), queries.volume(ALICE, id).fault) == (("in-use", 4, server.pk), (1, 4), "")


def test_what_there_is_no_room_for_is_not_asked_of_its_cluster(server, settings):
    settings.QUOTAS = {"gigabytes": 3}
    id = on(server)
    before = Command.objects.count()
    with pytest.raises(QuotaExceeded):
        extend_volume(ALICE, id, 4, attached=True)
    assert (Command.objects.count(), shown(id)[0]) == (before, "in-use")


def test_a_look_while_it_is_made_larger_changes_nothing(server):
    id = on(server)
    extend_volume(ALICE, id, 5, attached=True)
    tell(look(id, "held"))
    assert shown(id) == ("extending", 2, server.pk)
