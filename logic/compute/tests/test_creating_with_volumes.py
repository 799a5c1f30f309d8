"""Servers made with volumes: held with their server from the start, counted, found where they are when the making has ended, and
free again where it has failed."""

import pytest

from logic.compute.commands import NewServer, create_servers, delete_server
from logic.compute.models import Flavor, Server
from logic.compute.queries import server as server_info
from logic.compute.refusals import NoDisk
from logic.errors import BadRequest, QuotaExceeded
from logic.ledger.models import Command
from logic.messages.commands import CreateServer, CreateServerHaving, DeleteServer
from logic.quota.models import Limit
from logic.reconcile import volumes as looking
from logic.testing.worlds import ALICE, BOB, IMAGE, accepted, cluster, furnish, job, running, take, tell
from logic.volume import queries
from logic.volume.commands import NewVolume, attach_volume, create_volume, delete_volume, detach_volume, extend_volume
from logic.volume.commands.ending import end_with_servers
from logic.volume.commands.equipping import NewDisk
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot
from logic.volume.commands.transfers import accept_transfer, create_transfer
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.tests.test_commands import done, look, status, told, used

UNKNOWN = "cccccccc-0000-4000-8000-000000000001"


@pytest.fixture
def c1(db):
    return furnish()


def volume(**wanted):
    return create_volume(ALICE, NewVolume(**{"size": 2} | wanted))


def kept():
    """One that was on a server, and is kept since."""
    id, server = volume(), running()
    attach_volume(ALICE, server.pk, id)
    done(9)
    detach_volume(ALICE, server.pk, id)
    done(10)
    return id


def create(*disks, **wanted):
    image = "" if any(disk.root for disk in disks) else IMAGE
    (id,) = create_servers(ALICE, NewServer(**{"name": "demo", "flavor": "1", "image": image, "disks": disks} | wanted))
    return Server.objects.get(pk=id)


def ended(server, status="success", number=30):
    """The making of a server has ended; its command."""
    taken = take()
    about = {"opcode": "OP_INSTANCE_STARTUP", "error": "" if status == "success" else "no such node"}
    tell(accepted(taken, number), job(server, "create", number, status, taken.command.id, **about))
    return taken.command


def looked(id, place):
    """A look that was due finds its disk there."""
    (target,) = looking.targets("c1")
    assert target.volume == id
    tell(look(id, place))


@pytest.mark.every_database
def test_a_volume_is_its_servers_from_the_start_and_found_when_that_is_made(c1):
    id = volume()
    server = create(NewDisk(volume=id))
    assert (status(id), looking.due("c1")) == ("attaching", {})
    assert [one.id for one in queries.on_servers([server.pk])[server.pk]] == [id]
    command = ended(server)
    assert isinstance(command, CreateServerHaving)
    assert [(one.id, one.size, one.fresh, one.os_params) for one in command.volumes] == [(id, 2048, True, {})]
    assert (command.root, command.disks) == (False, (1024,))
    assert looking.due("c1")
    looked(id, "attached")
    assert (status(id), queries.volume(ALICE, id).mountpoint) == ("in-use", "/dev/vdb")


@pytest.mark.parametrize(("place", "then"), [("nowhere", "available"), ("attached", "in-use")])
def test_of_a_server_that_could_not_be_made_a_volume_is_where_it_is(c1, place, then):
    id = volume()
    server = create(NewDisk(volume=id))
    ended(server, "error")
    looked(id, place)
    assert (Server.objects.get().mode, status(id)) == ("failed", then)
    if then == "available":
        delete_volume(ALICE, id)


def test_one_that_goes_along_ends_with_a_server_that_could_not_be_made_too(c1):
    """It is free meanwhile, as Nova has it: another server may have it, and then it stays."""
    ids = volume(), volume()
    server = create(*(NewDisk(volume=id, goes_along=True) for id in ids))
    ended(server, "error")
    for id in ids:
        tell(look(id, "nowhere"))
    assert [status(id) for id in ids] == ["available", "available"]
    other = running(first_job=40)
    attach_volume(ALICE, other.pk, ids[1])
    done(41)
    removed(server)
    assert end_with_servers("c1") == 1
    assert (Volume.objects.get(pk=ids[0]).observed, status(ids[1])) == ("gone", "in-use")


@pytest.mark.parametrize("end", ["success", "error"])
def test_it_still_ends_with_it_when_another_command_of_it_has_come_between(c1, end):
    id = kept()
    server = create(NewDisk(volume=id, goes_along=True))
    ended(server, "error")
    looked(id, "held")
    extend_volume(ALICE, id, 5)
    taken = take()
    tell(accepted(taken, 40), told(taken, end, 40, opcode="OP_INSTANCE_GROW_DISK"))
    assert Volume.objects.get().fault_code != "unmade"
    removed(server)
    assert end_with_servers("c1") == 1


def test_who_has_taken_it_over_meanwhile_keeps_it(c1):
    id = volume()
    server = create(NewDisk(volume=id, goes_along=True))
    ended(server, "error")
    looked(id, "nowhere")
    accept_transfer(BOB, *create_transfer(ALICE, id, "for you"))
    removed(server)
    assert (end_with_servers("c1"), queries.volume(BOB, id).status) == (0, "available")


def test_one_that_came_after_all_and_was_taken_off_stays(c1):
    id, server = volume(), running()
    attach_volume(ALICE, server.pk, id, goes_along=True)
    done(9)
    Volume.objects.update(unmade=True)
    detach_volume(ALICE, server.pk, id)
    done(10)
    removed(server)
    assert (end_with_servers("c1"), status(id)) == (0, "available")


def removed(server):
    delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 50), job(server, "delete", 50, "success", taken.command.id))


def test_one_that_was_kept_is_kept_again(c1):
    id = kept()
    server = create(NewDisk(volume=id))
    assert not ended(server, "error").volumes[0].fresh
    looked(id, "held")
    assert status(id) == "available"


def test_nobody_looks_for_it_before_that(c1):
    id = kept()
    server = create(NewDisk(volume=id))
    assert looking.of_backend("c1").targets == []
    delete_server(ALICE, server.pk)
    assert looking.of_backend("c1").targets == []


def test_new_ones_are_made_and_counted_with_the_server(c1):
    disks = (NewDisk(size=3, goes_along=True), NewDisk(image=IMAGE, size=2))
    server = create(*disks)
    assert used() == (2, 5)
    blank, filled = take().command.volumes
    assert (blank.fresh, blank.os_params, filled.os_params["img_id"]) == (True, {}, "debian.raw")
    assert [one.goes_along for one in queries.on_servers([server.pk])[server.pk]] == [True, False]


def test_what_a_quota_has_no_room_for_makes_no_server_and_no_volume(c1):
    Limit.objects.create(project=ALICE.project, resource="gigabytes", amount=4)
    with pytest.raises(QuotaExceeded, match="requested 5, but already used 0 of 4"):
        create(NewDisk(size=2), NewDisk(size=3))
    assert (Server.objects.count(), Volume.objects.count(), used()) == (0, 0, (0, 0))


def test_each_of_several_servers_has_its_own(c1):
    wanted = NewServer(name="n", flavor="1", image=IMAGE, count=2, disks=(NewDisk(size=1),))
    ids = create_servers(ALICE, wanted)
    assert sorted(row.device for row in Volume.objects.all()) == sorted(ids)
    with pytest.raises(BadRequest, match="multiple instances"):
        create(NewDisk(volume=volume()), count=2)


@pytest.mark.every_database
def test_a_server_boots_from_a_volume_of_an_image_whatever_disk_its_flavor_has(c1):
    Flavor.objects.filter(pk="1").update(disk=0)
    server = create(NewDisk(image=IMAGE, size=4, root=True, goes_along=True))
    id = Volume.objects.get().pk
    assert (server.image, server.root_volume, queries.volume(ALICE, id).mountpoint) == ("", id, "/dev/vda")
    command = ended(server)
    assert (command.root, command.disks, command.os_params["img_id"]) == (True, (), "debian.raw")
    looked(id, "attached")
    with pytest.raises(BadRequest, match="root device volume"):
        detach_volume(ALICE, server.pk, id)
    delete_server(ALICE, server.pk)
    taken = take()
    assert type(taken.command) is DeleteServer
    tell(accepted(taken, 40), job(server, "delete", 40, "success", taken.command.id))
    assert (status(id), end_with_servers("c1")) == ("deleting", 1)


def test_of_what_a_volume_has_already_the_nodes_are_told_nothing(c1):
    id = kept()
    Volume.objects.filter(pk=id).update(bootable=True, file="debian.raw", format="raw")
    command = ended(create(NewDisk(volume=id, root=True)))
    assert "img_id" not in command.os_params
    assert command.volumes[0].os_params == {}
    assert command.os_params["hostname"] == "demo"


def test_it_may_be_a_copy_of_a_snapshot(c1):
    snapshot = create_snapshot(ALICE, NewSnapshot(volume=volume(image=IMAGE)))
    server = create(NewDisk(snapshot=snapshot, root=True))
    assert queries.volume(ALICE, server.root_volume).snapshot == snapshot


def test_a_server_that_is_deleted_while_it_is_made_leaves_what_does_not_go_along(c1):
    goes, stays = volume(), volume()
    server = create(NewDisk(volume=goes, goes_along=True), NewDisk(volume=stays))
    take()
    delete_server(ALICE, server.pk)
    command = Command.objects.get(verb="delete")
    assert b"delete-keeping" in bytes(command.payload)
    assert stays.encode() in bytes(command.payload)
    assert goes.encode() not in bytes(command.payload)


def test_a_server_is_made_where_its_volumes_are(c1):
    id = kept()
    cluster("c2", memory_total=2**20, memory_free=2**20)
    assert create(NewDisk(volume=id)).backend.name == "c1"
    with pytest.raises(BadRequest, match="c1 and c2"):
        create(NewDisk(volume=kept_too(id)), availability_zone="c2")


def kept_too(other):
    Volume.objects.filter(pk=other).update(mode="normal", device="")
    return other


@pytest.mark.parametrize(
    ("disk", "says"),
    [
        (NewDisk(volume=UNKNOWN), "failed to get volume"),
        (NewDisk(snapshot=UNKNOWN), "snapshot"),
        (NewDisk(image=UNKNOWN, size=1), "image"),
        (NewDisk(size=0), "size"),
        (NewDisk(size=1, type="nosuch"), "nosuch"),
        (NewDisk(image=IMAGE, size=0, root=True), "size"),
        (NewDisk(size=1, root=True), "not bootable"),
    ],
)
def test_what_there_is_not_is_refused_before_anything_is_made(c1, disk, says):
    with pytest.raises(BadRequest, match=says):
        create(disk)
    assert (Server.objects.count(), Volume.objects.count(), Command.objects.count()) == (0, 0, 0)


def test_what_is_somebody_elses_or_taken_is_refused(c1):
    theirs = create_volume(BOB, NewVolume(size=1))
    with pytest.raises(BadRequest, match="failed to get volume"):
        create(NewDisk(volume=theirs))
    mine = volume()
    create(NewDisk(volume=mine))
    with pytest.raises(InvalidVolume, match="attaching"):
        create(NewDisk(volume=mine))
    other = volume()
    with pytest.raises(BadRequest, match="twice"):
        create(NewDisk(volume=other), NewDisk(volume=other))
    with pytest.raises(BadRequest, match="2 GiB"):
        create(NewDisk(volume=other, size=5))


@pytest.mark.parametrize("disks", [(), (NewDisk(size=1),)])
def test_of_an_image_no_server_is_made_that_has_no_disk_for_it(c1, disks):
    Flavor.objects.filter(pk="1").update(disk=0)
    with pytest.raises(NoDisk, match=r"Only volume-backed servers .* than m1.tiny"):
        create(*disks)
    assert (Server.objects.count(), Volume.objects.count()) == (0, 0)


def test_one_without_volumes_is_made_as_ever(c1):
    assert type(ended(create())) is CreateServer


def test_what_its_image_asks_of_memory_a_server_that_boots_from_a_volume_has_too(c1):
    id = volume(image=IMAGE)
    Volume.objects.filter(pk=id).update(image_metadata={"min_ram": "4096"})
    with pytest.raises(BadRequest, match="memory is too small"):
        create(NewDisk(volume=id, root=True))


def test_those_that_were_made_for_a_server_that_could_not_be_made_end_with_it_and_are_no_longer_counted(c1):
    server = create(*(NewDisk(size=size, goes_along=True) for size in (3, 4)))
    ended(server, "error")
    ids = list(Volume.objects.values_list("pk", flat=True))
    for id in ids:
        tell(look(id, "nowhere"))
    assert used() == (2, 7)
    (shown,) = queries.shown([server_info(ALICE, server.pk)])
    assert (shown.volumes, dict(queries.on_servers([server.pk]))) == ((), {})
    removed(server)
    assert (end_with_servers("c1"), used()) == (2, (0, 0))
