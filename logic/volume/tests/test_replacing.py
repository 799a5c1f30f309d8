"""Other content for a volume that has a disk: the disk is given up first, and until that is over nothing is lost."""

import pytest

from logic.compute.commands import delete_server
from logic.errors import NotFound
from logic.image.models import Blob, BlobUse, Image
from logic.ledger.models import Command
from logic.messages.commands import AttachFilledVolume, AttachVolume, ClearVolume, DeleteVolume
from logic.messages.observations import Refused
from logic.quota.queries import quotas
from logic.testing.worlds import ALICE, BOB, IMAGE, accepted, furnish, running, take, tell
from logic.volume import queries
from logic.volume.commands import attach_volume, backups, delete_volume, replacing, snapshots
from logic.volume.commands.actions import reserve, reset_status
from logic.volume.commands.snapshots import NewSnapshot
from logic.volume.models import Backup, Message, Snapshot, Volume
from logic.volume.refusals import InvalidBackup, InvalidInput, InvalidSnapshot, InvalidVolume
from logic.volume.tests.test_commands import look, off, on, told

REMOVAL = {"opcode": "OP_INSTANCE_REMOVE"}
OPERATOR = BOB.__class__(user="op", project="ops", roles=frozenset({"admin"}))


@pytest.fixture
def server(db):
    furnish()
    return running()


@pytest.fixture
def kept(server):
    """A volume of two GiB with a disk, on no server."""
    id = on(server)
    off(server, id)
    return id


def content(id="c"):
    Blob.objects.get_or_create(id=id, defaults={"store": "directory", "state": "whole"})
    return {
        "blob": id,
        "file": id,
        "format": "raw",
        "checksum": "sha512:1",
        "image_metadata": {"a": "b"},
        "bootable": True,
    }


def snapshot(id, **columns):
    about = {"project": ALICE.project, "user": "alice", "volume": id, "size": 2}
    return Snapshot.objects.create(**about | content() | columns).pk


def backup(**columns):
    about = {"project": ALICE.project, "user": "alice", "volume": "gone", "size": 2, "volume_metadata": {"k": "v"}}
    return Backup.objects.create(**about | content() | columns).pk


def ended(status="success", *, number=20, **more):
    taken = take()
    tell(accepted(taken, number), told(taken, status, number, **REMOVAL | more))
    return taken.command


def shown(id):
    info = queries.volume(ALICE, id)
    return info.status, info.bootable, info.image_metadata


def revert(id):
    replacing.revert(ALICE, id, snapshot(id))
    return Snapshot


def reimage(id):
    content()
    BlobUse.objects.get_or_create(blob_id="c", kind="image", holder=IMAGE)
    Image.objects.filter(pk=IMAGE).update(blob="c", size=2**30)
    replacing.reimage(ALICE, id, IMAGE)


def restore(id):
    backups.restore_backup(ALICE, backup(), id)
    return Backup


WAYS = {"reverting": revert, "downloading": reimage, "restoring-backup": restore}
each_way = pytest.mark.parametrize(("word", "ask"), WAYS.items(), ids=WAYS)


@each_way
def test_a_disk_is_given_up_before_its_volume_begins_with_other_content(server, kept, word, ask):
    source = ask(kept)
    assert shown(kept) == (word, False, None)
    assert [one.id for one in queries.volumes(ALICE, queries.Wanted(columns={"status": [word]})).items] == [kept]
    if source:
        assert source.objects.get().status == "restoring"
    order = ended()
    assert (type(order), order.resource, order.instance) == (ClearVolume, kept, server.instance)
    row = Volume.objects.get(pk=kept)
    assert (row.observed, row.blob, row.other_content, row.size) == ("none", "c", None, 2)
    assert shown(kept)[:2] == ("available", True)
    if source:
        assert source.objects.get().status == "available"
    assert not Message.objects.exists()
    # And its next server has its disk made of that
    attach_volume(ALICE, server.pk, kept)
    order = take().command
    assert isinstance(order, AttachFilledVolume)
    assert (order.fresh, order.os_params["img_id"]) == (True, row.file)


def refused(taken):
    tell(Refused(cluster="c1", command=taken.id, epoch=taken.sending.epoch, code="elsewhere", reason="it is elsewhere"))


ENDS = {
    "refused": lambda: refused(take().command),
    "not set aside": lambda: ended("error", error="it is elsewhere", error_code="unmet"),
    "another job": lambda: ended("error", error="it is elsewhere", opcode="OP_INSTANCE_SET_PARAMS"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@each_way
def test_one_whose_disk_could_not_be_given_up_is_as_it_was_and_says_why(server, kept, word, ask, end):
    Blob.objects.create(id="old", store="directory", state="whole")
    BlobUse.objects.create(blob_id="old", kind="volume", holder=kept)
    Volume.objects.filter(pk=kept).update(blob="old", file="old")
    source = ask(kept)
    end()
    row = Volume.objects.get(pk=kept)
    assert (row.observed, row.blob, row.other_content, row.metadata) == ("held", "old", None, {})
    assert shown(kept) == ("available", False, None)
    assert [use.blob_id for use in BlobUse.objects.filter(holder=kept)] == ["old"]
    if source:
        assert source.objects.get().status == "available"
    (message,) = Message.objects.all()
    assert (message.volume, message.text, message.project) == (kept, "it is elsewhere", ALICE.project)
    attach_volume(ALICE, server.pk, kept)
    assert take().command.fresh is False


def test_what_could_not_be_removed_is_no_disk_of_the_volume_any_more(kept):
    revert(kept)
    ended("error", error="no lock", error_code="")
    assert (shown(kept)[0], Volume.objects.get(pk=kept).observed) == ("available", "none")
    delete_volume(ALICE, kept, cascade=True)
    assert isinstance(take().command, DeleteVolume)


def test_that_nobody_knows_its_keeper_is_success(kept):
    revert(kept)
    ended("error", error_code="unknown_entity")
    assert shown(kept)[:2] == ("available", True)


def test_a_canceled_job_is_ordered_again(kept):
    revert(kept)
    before = ended("canceled")
    assert shown(kept)[0] == "reverting"
    after = ended(number=21)
    assert (after.id, after.sending.again) == (before.id, True)
    assert shown(kept)[:2] == ("available", True)


@pytest.mark.every_database
def test_it_holds_both_contents_meanwhile_and_then_one(kept):
    for id in ("old", "c"):
        content(id)
    BlobUse.objects.create(blob_id="old", kind="volume", holder=kept)
    Volume.objects.filter(pk=kept).update(blob="old", file="old")
    one = snapshot(kept)
    BlobUse.objects.create(blob_id="c", kind="snapshot", holder=one)
    replacing.revert(ALICE, kept, one)
    assert {use.blob_id for use in BlobUse.objects.filter(holder=kept)} == {"old", "c"}
    with pytest.raises(InvalidSnapshot):
        snapshots.delete_snapshot(ALICE, one)
    # Even if an administrator has it deleted
    snapshots.delete_snapshot(OPERATOR, one, force=True)
    ended()
    assert dict(Blob.objects.values_list("id", "state")) == {"old": "condemned", "c": "whole"}
    delete_volume(ALICE, kept)
    assert Blob.objects.get(pk="c").state == "condemned"


def test_it_becomes_empty_and_what_is_left_of_its_disk_is_not_forgotten(server, kept):
    replacing.revert(ALICE, kept, snapshot(kept, blob="", file="", bootable=False))
    ended()
    assert shown(kept)[:2] == ("available", False)
    attach_volume(ALICE, server.pk, kept)
    order = take().command
    assert (type(order), order.fresh) == (AttachVolume, True)


def test_while_its_disk_is_given_up_nothing_else_is_done_to_it(server, kept):
    revert(kept)
    before = Command.objects.count()
    for ask in (
        lambda: attach_volume(ALICE, server.pk, kept),
        lambda: delete_volume(ALICE, kept),
        lambda: restore(kept),
        lambda: reimage(kept),
        lambda: replacing.revert(ALICE, kept, Snapshot.objects.get().pk),
        lambda: snapshots.create_snapshot(ALICE, NewSnapshot(volume=kept)),
    ):
        with pytest.raises(InvalidVolume):
            ask()
    tell(look(kept, "nowhere"))
    assert (Command.objects.count(), shown(kept)[0]) == (before, "reverting")
    # But its last server may go
    delete_server(ALICE, server.pk)


def test_a_volume_that_a_server_has_keeps_its_content(server):
    id = on(server)
    for ask in WAYS.values():
        with pytest.raises(InvalidVolume):
            ask(id)
    assert not Volume.objects.get(pk=id).other_content


def test_only_to_the_newest_snapshot_and_only_from_a_whole_copy(kept):
    older, newer = snapshot(kept), snapshot(kept, status="creating", unread=True)
    with pytest.raises(InvalidInput, match="latest"):
        replacing.revert(ALICE, kept, older)
    with pytest.raises(InvalidSnapshot):
        replacing.revert(ALICE, kept, newer)
    with pytest.raises(NotFound):
        replacing.revert(ALICE, kept, snapshot("another", project=BOB.project))
    with pytest.raises(InvalidBackup):
        backups.restore_backup(ALICE, backup(status="creating"), kept)
    with pytest.raises(InvalidVolume, match="too small"):
        backups.restore_backup(ALICE, backup(size=3), kept)
    assert (shown(kept)[0], Command.objects.exclude(status="settled").exists()) == ("available", False)


def test_a_restored_one_has_what_was_said_of_the_volume_that_was_backed_up(kept):
    restore(kept)
    assert Volume.objects.get(pk=kept).metadata == {}
    ended()
    assert Volume.objects.get(pk=kept).metadata == {"k": "v"}


@pytest.mark.parametrize(("status", "then"), [("success", "available"), ("error", "error")])
def test_one_that_was_said_to_be_in_error_is_so_until_it_has_its_image(kept, status, then):
    reset_status(OPERATOR, kept, "error")
    with pytest.raises(InvalidVolume):
        revert(kept)
    reimage(kept)
    assert shown(kept)[0] == "downloading"
    ended(status, error_code="unmet")
    assert shown(kept)[0] == then


def test_a_reserved_one_stays_so(kept):
    reserve(ALICE, kept)
    with pytest.raises(InvalidVolume):
        reimage(kept)
    replacing.reimage(ALICE, kept, IMAGE, reserved=True)
    ended()
    assert (shown(kept)[0], Volume.objects.get(pk=kept).observed) == ("attaching", "none")


def test_one_whose_disk_was_lost_begins_anew_with_an_image(kept):
    for _ in range(2):
        tell(look(kept, "nowhere"))
    assert shown(kept)[0] == "error"
    reimage(kept)
    ended("error", error="no lock", error_code="unmet")
    assert (shown(kept)[0], queries.volume(ALICE, kept).fault[:8]) == ("error", "Its disk")
    reimage(kept)
    ended("error", error_code="unknown_entity", number=21)
    assert (shown(kept)[:2], queries.volume(ALICE, kept).fault) == (("available", True), "")


def test_what_is_counted_stays(kept):
    before = quotas(ALICE.project)["gigabytes"].used
    restore(kept)
    ended()
    assert quotas(ALICE.project)["gigabytes"].used == before == 2


def test_one_that_was_lost_on_its_server_is_not_given_an_image(server):
    id = on(server)
    for _ in range(2):
        tell(look(id, "nowhere"))
    with pytest.raises(InvalidVolume, match="on a server"):
        reimage(id)
    assert shown(id)[0] == "error"
