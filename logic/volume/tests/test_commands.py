"""Volumes in the database: made as rows, put on servers and taken off by commands, looked at, left by servers, deleted."""

import msgspec
import pytest
from django.db import transaction

from logic.compute import states
from logic.compute.commands import delete_server, remove_ghost, start_server, stop_server
from logic.compute.models import Server
from logic.errors import BadRequest, Forbidden, NotFound, QuotaExceeded, WrongState
from logic.ledger import beginning
from logic.ledger.claiming import claim
from logic.ledger.models import Command, Journal
from logic.messages.commands import (
    AttachVolume,
    DeleteServer,
    DeleteServerAwaiting,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
)
from logic.messages.observations import InstanceSeen, JobChanged, Refused, VolumeSeen
from logic.quota import queries as quota
from logic.reconcile import orphans, volumes
from logic.testing.worlds import (
    ALICE,
    BOB,
    INCARNATION,
    READER,
    accepted,
    cluster,
    create,
    furnish,
    job,
    outcome,
    running,
    seen,
    state,
    take,
    tell,
)
from logic.volume import queries
from logic.volume.commands import (
    NewVolume,
    attach_volume,
    change_volume,
    create_volume,
    delete_volume,
    detach_volume,
)
from logic.volume.commands.replacing import Replacement, replace
from logic.volume.models import Volume
from logic.volume.queries import Wanted
from logic.volume.refusals import InvalidVolume

pytestmark = pytest.mark.every_database


@pytest.fixture
def c1(db):
    return furnish()


@pytest.fixture
def server(c1):
    return running()


def made(size=2, **wanted):
    return create_volume(ALICE, NewVolume(size=size, name="data", **wanted))


def status(id):
    return queries.volume(ALICE, id).status


def told(claimed, status="success", number=9, **more):
    about = {"cluster": "c1", "incarnation": INCARNATION, "op": 0, "opcode": "OP_INSTANCE_SET_PARAMS"}
    return JobChanged(**about | {"instance": "snf-1"} | more, job=number, status=status, command=claimed.command.id)


def done(number=9, **more):
    """The command that is due succeeds."""
    taken = take()
    tell(accepted(taken, number), told(taken, number=number, **more))
    return taken


def look(id, place, **more):
    version = Volume.objects.get(pk=id).version
    about = {"cluster": "c1", "incarnation": INCARNATION, "volume": id, "version": version}
    return VolumeSeen(**about | {"place": place} | more)


def used():
    counted = quota.quotas(ALICE.project)
    return counted["volumes"].used, counted["gigabytes"].used


def test_a_volume_is_a_row_that_is_counted_and_no_cluster_knows_of_it(c1):
    id = made(size=3)
    info = queries.volume(ALICE, id)
    assert (info.status, info.size, info.name, info.server, info.host) == ("available", 3, "data", "", "")
    assert used() == (1, 3)
    assert not Command.objects.exists()
    delete_volume(ALICE, id)
    assert used() == (0, 0)
    with pytest.raises(NotFound):
        queries.volume(ALICE, id)
    assert [line.what for line in Journal.objects.filter(resource=id).order_by("id")] == ["made", "gone"]


def test_its_first_server_has_its_disk_made_where_that_is(server):
    id = made()
    attach_volume(ALICE, server.pk, id)
    assert status(id) == "attaching"
    taken = take()
    order = taken.command
    assert isinstance(order, AttachVolume)
    assert (order.size, order.fresh, order.instance, order.resource) == (2048, True, server.instance, id)
    tell(accepted(taken, 9), told(taken))
    info = queries.volume(ALICE, id)
    assert (info.status, info.server, info.host) == ("in-use", server.pk, "c1")
    assert [one.id for one in queries.on_servers([server.pk])[server.pk]] == [id]


def on(server, *, number=9, **wanted):
    id = made(**wanted)
    attach_volume(ALICE, server.pk, id)
    done(number)
    return id


def off(server, id, *, number=10):
    detach_volume(ALICE, server.pk, id)
    done(number)


def test_taken_off_it_goes_to_another_server_of_its_cluster_and_is_deleted_there(server):
    id = on(server)
    detach_volume(ALICE, server.pk, id)
    assert (status(id), type(take().command)) == ("detaching", DetachVolume)
    Command.objects.filter(resource=id, status="claimed").update(
        status="pending", lease_until=None, due_at=server.created_at
    )
    done(10)
    assert (status(id), queries.on_servers([server.pk])) == ("available", {})
    other = running(first_job=20)
    attach_volume(ALICE, other.pk, id)
    assert not done(30).command.fresh
    off(other, id, number=31)
    delete_volume(ALICE, id)
    delete_volume(ALICE, id)  # as often as one likes
    assert status(id) == "deleting"
    taken = done(40, opcode="OP_INSTANCE_REMOVE", instance=f"snf-volume-{id}")
    assert isinstance(taken.command, DeleteVolume)
    assert used() == (0, 0)
    with pytest.raises(NotFound):
        queries.volume(ALICE, id)


def test_of_two_attachments_one_wins(server):
    id = made()
    other = running(first_job=20)
    attach_volume(ALICE, server.pk, id)
    with pytest.raises(InvalidVolume, match=r"status must be available.*it is attaching"):
        attach_volume(ALICE, other.pk, id)
    assert Command.objects.filter(kind="volume").count() == 1
    done(9)
    with pytest.raises(InvalidVolume, match="it is in-use"):
        attach_volume(ALICE, other.pk, id)


def test_what_is_on_a_server_is_not_deleted_and_what_is_on_none_not_taken_off(server):
    id = on(server)
    with pytest.raises(InvalidVolume, match="Detach it"):
        delete_volume(ALICE, id)
    off(server, id)
    with pytest.raises(NotFound):
        detach_volume(ALICE, server.pk, id)
    attach_volume(ALICE, server.pk, id)
    with pytest.raises(InvalidVolume, match="status must be in-use"):
        detach_volume(ALICE, server.pk, id)


def test_a_volume_of_somebody_else_is_unknown(server):
    id, theirs = made(), create_volume(BOB, NewVolume(size=1))
    for asked in (
        lambda: queries.volume(BOB, id),
        lambda: delete_volume(BOB, id),
        lambda: change_volume(BOB, id, {"name": "mine"}),
        lambda: attach_volume(BOB, server.pk, theirs),
        lambda: attach_volume(ALICE, server.pk, theirs),
        lambda: detach_volume(BOB, server.pk, id),
    ):
        with pytest.raises(NotFound):
            asked()
    assert [one.id for one in queries.volumes(BOB).items] == [theirs]


def test_who_only_reads_changes_nothing(server):
    id = made()
    for asked in (
        lambda: create_volume(READER, NewVolume(size=1)),
        lambda: delete_volume(READER, id),
        lambda: change_volume(READER, id, {"name": "mine"}),
        lambda: attach_volume(READER, server.pk, id),
        lambda: detach_volume(READER, server.pk, id),
    ):
        with pytest.raises(Forbidden):
            asked()


@pytest.mark.parametrize("size", [0, -1, 2**20 + 1])
def test_a_size_that_no_disk_has_is_refused(c1, size):
    with pytest.raises(BadRequest):
        made(size=size)


def test_quota_counts_volumes_and_their_size(c1, settings):
    settings.QUOTAS = {"volumes": 2, "gigabytes": 5}
    made(size=3)
    with pytest.raises(QuotaExceeded):
        made(size=3)
    made(size=2)
    with pytest.raises(QuotaExceeded):
        made(size=1)
    assert used() == (2, 5)


def test_a_volume_stays_in_the_zone_of_its_first_server_or_the_one_that_was_asked_for(server):
    far = cluster("c2")
    with pytest.raises(BadRequest, match="unknown"):
        made(zone="nowhere")
    asked = made(zone="c2")
    with pytest.raises(InvalidVolume, match="availability zone c2"):
        attach_volume(ALICE, server.pk, asked)
    id = on(server)
    off(server, id)
    Server.objects.filter(pk=server.pk).update(backend=far)
    with pytest.raises(InvalidVolume, match="availability zone c1"):
        attach_volume(ALICE, server.pk, id)


def test_a_volume_goes_to_servers_with_disks_of_its_kind_only(server):
    id = on(server)
    off(server, id)
    Server.objects.filter(pk=server.pk).update(extra_specs={"ganeti:disk_template": "sharedfile"})
    with pytest.raises(InvalidVolume, match="sharedfile"):
        attach_volume(ALICE, server.pk, id)


def test_a_first_attachment_that_failed_leaves_it_free_to_go_elsewhere(server):
    id = made()
    attach_volume(ALICE, server.pk, id)
    taken = take()
    tell(Refused(cluster="c1", command=taken.command.id, epoch=taken.command.sending.epoch, code="x", reason="no room"))
    assert (status(id), queries.volume(ALICE, id).fault, queries.volume(ALICE, id).host) == ("available", "no room", "")
    # And it is looked at, since something may have been made after all
    assert volumes.due("c1") or Volume.objects.get(pk=id).look_at
    tell(look(id, "nowhere"))
    far = cluster("c2")
    Server.objects.filter(pk=server.pk).update(backend=far)
    attach_volume(ALICE, server.pk, id)
    assert Volume.objects.get(pk=id).backend == far


@pytest.fixture
def half_filled(server):
    """A volume with content of which a disk was begun, and not finished."""
    id = made()
    Volume.objects.filter(pk=id).update(file="blob", format="raw")
    attach_volume(ALICE, server.pk, id)
    taken = take()
    tell(accepted(taken, 9), told(taken, "error", error="no space left"))
    return id


def test_a_disk_that_is_half_filled_binds_its_volume_to_its_cluster(server, half_filled):
    Server.objects.filter(pk=server.pk).update(backend=cluster("c2"))
    with pytest.raises(InvalidVolume, match="availability zone c1"):
        attach_volume(ALICE, server.pk, half_filled)


def test_a_volume_does_not_forget_its_half_filled_disk_by_becoming_empty(half_filled):
    for columns in ({"blob": "", "file": ""},) * 2:
        with transaction.atomic():
            replace(ALICE, beginning.hold("volume", half_filled), Replacement(verb="revert", columns=columns))
    delete_volume(ALICE, half_filled)
    assert isinstance(take().command, DeleteVolume)


def keeper(id, cluster="c1"):
    return InstanceSeen(
        cluster=cluster, server="", version=0, exists=True, instance=f"snf-volume-{id}", status="stopped"
    )


def test_what_keeps_a_disk_of_no_volume_is_told_to_operators(server, half_filled):
    assert orphans.sorted_out("c1", [keeper(half_filled)]) == []
    for backend, id in (("c2", half_filled), ("c1", made()), ("c1", "none")):
        (found,) = orphans.sorted_out(backend, [keeper(id)])
        assert (found.kind, id in found.reason) == ("orphan", True)


def test_a_server_takes_volumes_only_at_rest(server, c1):
    id = made()
    stop_server(ALICE, server.pk)
    with pytest.raises(WrongState, match="change the volumes of server"):
        attach_volume(ALICE, server.pk, id)
    building = create()
    with pytest.raises(WrongState):
        attach_volume(ALICE, building.pk, id)


def test_a_server_that_is_deleted_is_told_which_volumes_to_leave(server):
    id = on(server)
    delete_server(ALICE, server.pk)
    taken = take()
    assert isinstance(taken.command, DeleteServerKeeping)
    assert taken.command.volumes == (id,)
    tell(accepted(taken, 20), job(server, "delete", 20, "success", taken.command.id))
    # Then a look finds the volume where it was left, and it is free
    assert volumes.due("c1")
    (target,) = volumes.targets("c1")
    assert (target.volume, target.instance) == (id, server.instance)
    tell(look(id, "held"))
    assert status(id) == "available"
    assert not volumes.due("c1")


def test_what_is_left_of_a_deleted_server_keeps_its_volumes_too(server):
    id = on(server)
    Server.objects.filter(pk=server.pk).update(observed="gone")
    remove_ghost(server)
    assert take().command.volumes == (id,)


def test_a_server_without_volumes_is_deleted_as_ever(server):
    made()
    delete_server(ALICE, server.pk)
    assert type(take().command) is DeleteServer


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("ends", ["success", "error"])
@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_the_end_of_a_server_waits_for_a_volume_that_is_just_moved(server, verb, ends, force):
    id = made() if verb == "attach" else on(server)
    (attach_volume if verb == "attach" else detach_volume)(ALICE, server.pk, id)
    delete_server(ALICE, server.pk, force=force)
    # Its owner sees it go; on the cluster nothing of it begins before the volume's job is over, and nobody moves that any more
    assert states.phase(state(server)) == states.Phase.DELETING
    moving = take()
    assert (moving.command.resource, claim("worker", limit=5, lease=60)) == (id, [])
    tell(accepted(moving, 12))
    assert claim("worker", limit=5, lease=60) == []
    with pytest.raises(WrongState):
        detach_volume(ALICE, server.pk, id)
    tell(told(moving, ends, number=12))
    removal = take()
    assert isinstance(removal.command, DeleteServerAwaiting)
    assert (removal.command.volumes, removal.command.force) == ((id,), force)
    tell(accepted(removal, 20), job(server, "delete", 20, "success", removal.command.id))
    tell(look(id, "held" if (verb, ends) != ("attach", "error") else "nowhere"))
    assert (status(id), queries.on_servers([server.pk])) == ("available", {})


def test_what_else_is_asked_of_that_volume_afterwards_does_not_keep_the_server(server):
    id = on(server)
    detach_volume(ALICE, server.pk, id)
    delete_server(ALICE, server.pk)
    moving = take()
    tell(accepted(moving, 12), told(moving, number=12))
    delete_volume(ALICE, id)
    assert {one.command.resource for one in claim("worker", limit=5, lease=60)} == {id, server.pk}


def test_who_is_impatient_forces_the_end_and_waits_all_the_same(server):
    id = on(server)
    detach_volume(ALICE, server.pk, id)
    delete_server(ALICE, server.pk)
    delete_server(ALICE, server.pk, force=True)
    moving = take()
    assert moving.command.resource == id
    tell(accepted(moving, 12), told(moving, number=12))
    assert take().command.force


def test_a_server_is_deleted_while_a_volume_that_was_on_it_is(server):
    id = on(server)
    off(server, id)
    delete_volume(ALICE, id)
    delete_server(ALICE, server.pk)
    commands = {one.command.resource: one.command for one in claim("w", limit=5, lease=60)}
    assert (type(commands[id]), commands[server.pk].volumes) == (DeleteVolume, (id,))


def test_a_server_goes_on_while_its_volumes_are_moved(server):
    attach_volume(ALICE, server.pk, made())
    stop_server(ALICE, server.pk)
    assert {type(one.command).__name__ for one in claim("w", limit=10, lease=60)} == {"AttachVolume", "StopServer"}
    with pytest.raises(WrongState):
        start_server(ALICE, server.pk)


def test_a_fact_that_comes_twice_is_one(server):
    id = made()
    attach_volume(ALICE, server.pk, id)
    taken = take()
    facts = (accepted(taken, 9), told(taken, "running"), told(taken))
    tell(*facts)
    before = Volume.objects.filter(pk=id).values().get()
    tell(*facts, *facts)
    assert Volume.objects.filter(pk=id).values().get() == before
    assert outcome(taken.command.id) == "success"


def test_a_complete_look_tells_only_of_what_is_otherwise(server):
    id, other = on(server), made()
    known = volumes.of_backend("c1")
    assert [one.volume for one in known.targets] == [id]
    assert other not in known.at_rest
    assert volumes.news(known, [look(id, "attached")]) == []
    (told_,) = volumes.news(known, [look(id, "held")])
    tell(told_)
    assert status(id) == "available"
    # One that a command is under way for is told of in any case
    attach_volume(ALICE, server.pk, id)
    busy = volumes.of_backend("c1")
    assert volumes.news(busy, [look(id, "held")])


def test_a_command_that_nothing_is_heard_of_is_looked_at(server):
    id = made()
    attach_volume(ALICE, server.pk, id)
    row = Volume.objects.get(pk=id)
    assert row.look_at
    assert row.look_at > row.updated_at
    Volume.objects.filter(pk=id).update(look_at=row.created_at)
    assert set(volumes.due("c1")) == {"volumes"}
    assert [one.volume for one in volumes.targets("c1")] == [id]


def test_the_instance_that_keeps_a_volume_is_nobodys_orphan(server):
    keeper = msgspec.structs.replace(seen(server, "stopped", owner=""), instance=f"snf-volume-{on(server)}")
    assert orphans.sorted_out("c1", [keeper]) == []


def test_lists_have_pages_orders_and_filters(server):
    first, second, third = (made(size=size) for size in (3, 1, 2))
    change_volume(ALICE, second, {"name": "other"})
    attach_volume(ALICE, server.pk, third)
    ids = lambda **wanted: [one.id for one in queries.volumes(ALICE, Wanted(**wanted)).items]  # noqa: E731
    assert ids(sort=[("size", "asc")]) == [second, third, first]
    assert ids(sort=[("size", "asc")], marker=second, limit=1) == [third]
    assert ids(sort=[("size", "asc")], offset=1, limit=1) == [third]
    assert ids(columns={"name": ["other"]}) == [second]
    assert ids(columns={"status": ["attaching"]}) == [third]
    assert sorted(ids(columns={"status": ["available", "error"]})) == sorted([first, second])
    Volume.objects.filter(pk=first).update(fault_code="delete", mode="failed")
    assert ids(columns={"status": ["error_deleting"]}) == [first]
    assert ids(columns={"status": ["error"]}) == []
    with pytest.raises(NotFound):
        ids(marker="no")
