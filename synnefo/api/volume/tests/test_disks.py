"""Snapshots, backups and clones of volumes that have a disk, over Cinder's API: how each is until its content has come, and what
becomes of it then.
"""

import pytest

from logic import clock
from logic.compute.models import Server, Shelf
from logic.compute.offloading import carry_on
from logic.compute.shelving import offload_server, shelve_server
from logic.image import blobs
from logic.image.models import Blob, Capture
from logic.ledger.models import Command
from logic.messages.commands import AttachFilledVolume
from logic.testing.worlds import ADMIN, ALICE, IMAGE, seen, state, take, tell
from logic.volume.commands import attach_volume
from logic.volume.models import Backup, Message, Snapshot, Volume
from synnefo.api.volume.tests.disks import V3, over, packed, settled, told_of

pytestmark = pytest.mark.usefixtures("brought")
LATEST = {"openstack-api-version": "volume 3.71"}
NONE = "00000000-0000-4000-8000-000000000000"
KINDS = ["snapshots", "backups", "volumes"]
BUSY = {"snapshots": "uploading", "backups": "backing-up", "volumes": "uploading"}


def made(api, kind, id, status=202, token=None, **said):
    """A snapshot, a backup or a clone of this volume."""
    of, source = kind[:-1], "source_volid" if kind == "volumes" else "volume_id"
    reply = api.post(f"{V3}/{kind}", {of: {source: id, **said}}, headers=LATEST, token=token)
    assert reply.status == status, reply.body
    return reply.json[of]["id"] if status == 202 else reply.json


def shown(api, kind, id):
    return api.get(f"{V3}/{kind}/{id}", headers=LATEST).json[kind[:-1]]


def status(api, kind, id):
    return shown(api, kind, id)["status"]


def do(api, kind, id, name, token="admin", **said):
    return api.post(f"{V3}/{kind}/{id}/action", {name: said}, token=token, headers=LATEST).status


def used_up(api):
    counted = api.get(f"{V3}/os-quota-sets/{ALICE.project}?usage=True", token="admin").json["quota_set"]
    return {name: counted[name]["in_use"] for name in ("volumes", "gigabytes", "snapshots", "backups")}


def row(kind, id):
    return {"snapshots": Snapshot, "backups": Backup, "volumes": Volume}[kind].objects.get(pk=id)


@pytest.mark.parametrize("kind", KINDS)
def test_one_is_being_created_until_its_content_has_come_and_the_command_is_over(alice, kept, kind, tmp_path):
    id, keeper = made(alice, kind, kept), f"snf-volume-{kept}"
    assert (status(alice, kind, id), status(alice, "volumes", kept)) == ("creating", BUSY[kind])
    assert told_of(alice, keeper) == {"ours": True, "disk": None, "name": keeper, "format": "qcow2"}
    assert told_of(alice, keeper, packed(tmp_path), disk=keeper) == 204
    assert told_of(alice, keeper) == {"ours": True, "disk": None, "name": "", "format": "qcow2"}
    settled()
    assert status(alice, kind, id) == "creating"
    over(11)
    assert (status(alice, kind, id), status(alice, "volumes", kept)) == ("available", "available")
    found, content = row(kind, id), Blob.objects.get()
    assert (found.blob, found.file, found.format, found.unread) == (content.pk, content.pk, "qcow2", False)
    assert found.checksum == f"sha512:{content.hash_value}"
    assert (blobs.holders(content.pk), Capture.objects.count()) == ([(kind[:-1], id)], 0)


@pytest.mark.parametrize("kind", ["snapshots", "backups"])
def test_what_is_made_of_it_begins_with_what_was_on_the_disk(alice, used, kept, kind, tmp_path):
    _, server = used
    id, keeper = made(alice, kind, kept), f"snf-volume-{kept}"
    told_of(alice, keeper, packed(tmp_path), disk=keeper)
    over(11)
    volume = made(alice, "volumes", None, **{"size": 2, f"{kind[:-1]}_id": id})
    attach_volume(ALICE, server.pk, volume)
    order = take().command
    assert isinstance(order, AttachFilledVolume)
    assert order.os_params["img_id"] == Blob.objects.get().pk


@pytest.mark.parametrize("end", ["error", "success", "canceled"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_that_nothing_came_of_is_in_error_says_why_and_is_deleted(alice, kept, kind, end):
    before = used_up(alice)
    id = made(alice, kind, kept)
    over(11, end)
    assert (status(alice, kind, id), status(alice, "volumes", kept)) == ("error", "available")
    message = Message.objects.get()
    assert (message.project, message.volume) == (ALICE.project, id if kind == "volumes" else kept)
    assert message.text
    Message.objects.update(text="node n1 has no room")
    (listed,) = alice.get(f"{V3}/messages", headers=LATEST).json["messages"]
    assert listed["user_message"] == "node … has no room"
    if kind == "backups":
        assert shown(alice, kind, id)["fail_reason"] == message.text
    assert used_up(alice) != before
    assert alice.delete(f"{V3}/{kind}/{id}").status == 202
    assert (used_up(alice), Blob.objects.exists()) == (before, False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_no_content_is_called_available_by_nobody_and_nothing_is_made_of_it(alice, used, kept, kind):
    _, server = used
    id = made(alice, kind, kept)
    over(11, "error")
    assert do(alice, kind, id, "os-reset_status", status="available") == 400
    if kind == "volumes":
        assert do(alice, kind, id, "os-reset_status", status="attaching") == 202
        assert do(alice, kind, id, "os-attach", token=None, instance_uuid=server.pk) == 400
    else:
        made(alice, "volumes", None, status=400, **{"size": 2, f"{kind[:-1]}_id": id})


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_comes_after_an_administrator_gave_it_up_is_there_all_the_same(alice, kept, kind, tmp_path):
    id, keeper = made(alice, kind, kept), f"snf-volume-{kept}"
    assert alice.delete(f"{V3}/{kind}/{id}").status == 400
    assert do(alice, kind, id, "os-reset_status", status="error") == 202
    told_of(alice, keeper, packed(tmp_path), disk=keeper)
    over(11, "error")
    assert status(alice, kind, id) == "available"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("come", [True, False])
def test_of_one_that_is_deleted_meanwhile_nothing_is_left(alice, kept, kind, come, tmp_path):
    id, keeper = made(alice, kind, kept), f"snf-volume-{kept}"
    if come:
        told_of(alice, keeper, packed(tmp_path), disk=keeper)
    assert do(alice, kind, id, "os-force_delete") == 202
    assert told_of(alice, keeper)["name"] == ""
    assert told_of(alice, keeper, packed(tmp_path), disk=keeper) == 404
    over(11)
    for one in Blob.objects.filter(state="condemned"):
        one.delete()
    assert (Blob.objects.exists(), Capture.objects.exists()) == (False, False)
    assert status(alice, "volumes", kept) == "available"


@pytest.mark.parametrize(
    ("version", "said", "answer"), [("3.0", {}, 400), ("3.0", {"force": True}, 202), ("3.66", {}, 202)]
)
def test_one_in_use_has_snapshots_with_force_and_later_always(alice, used, version, said, answer):
    id, server = used
    headers = {"openstack-api-version": f"volume {version}"}
    reply = alice.post(f"{V3}/snapshots", {"snapshot": {"volume_id": id, **said}}, headers=headers)
    assert reply.status == answer
    if answer == 202:
        assert reply.json["snapshot"]["status"] == "creating"
        assert shown(alice, "volumes", id)["attachments"][0]["server_id"] == server.pk
        assert over(11).instance == server.instance
        assert status(alice, "volumes", id) == "in-use"


def test_a_clone_is_made_of_one_in_use_and_a_backup_with_force_alone(alice, used):
    id, _ = used
    made(alice, "backups", id, status=400)
    made(alice, "volumes", id)
    over(11)
    made(alice, "backups", id, force=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_shelved_where_it_is_waits_for_copies_of_its_volumes(alice, used, kind, settings):
    settings.SHELVED_OFFLOAD_TIME = 3600
    id, server = used
    tell(seen(server, "stopped"))
    shelve_server(ALICE, server.pk)
    made(alice, kind, id, **({} if kind == "volumes" else {"force": True}))
    offload_server(ADMIN, server.pk)
    carry_on()
    assert state(server).verb == "", "it leaves when that is over"
    assert over(11).instance == server.instance
    assert status(alice, "volumes", id) == "in-use"
    Shelf.objects.update(due_at=clock.now())
    carry_on()
    assert state(server).verb == "shelve-image"


@pytest.mark.parametrize("observed", ["attached", "held"])
def test_a_volume_that_is_kept_for_a_server_which_has_left_its_cluster_is_not_copied(alice, used, observed):
    id, server = used
    Server.objects.filter(pk=server.pk).update(mode="shelved" if observed == "attached" else "offloaded")
    Volume.objects.filter(pk=id).update(mode="reserved", observed=observed)
    for kind in KINDS:
        told = made(alice, kind, id, status=400, **({} if kind == "volumes" else {"force": True}))
        assert "Unshelve its server" in told["badRequest"]["message"]
    assert not Command.objects.filter(resource=id, outcome="").exists()


def test_another_tenants_volume_in_use_is_as_unknown_as_none(alice, used):
    for kind in KINDS:
        said = {} if kind == "volumes" else {"force": True}
        told = [str(made(alice, kind, id, status=404, token="bob", **said)).replace(id, "") for id in (used[0], NONE)]
        assert told[0] == told[1]


def test_meanwhile_a_volume_is_nobody_elses(alice, used):
    id, server = used
    made(alice, "snapshots", id)
    for kind in KINDS:
        made(alice, kind, id, status=400)
    assert alice.delete(f"{V3}/volumes/{id}").status == 400
    assert do(alice, "volumes", id, "os-extend", token=None, new_size=5) == 400
    path = f"/compute/v2.1/servers/{server.pk}/os-volume_attachments/{id}"
    assert alice.delete(path).status == 400


@pytest.mark.parametrize(
    ("kind", "full"), [("snapshots", "snapshots"), ("backups", "backups"), ("volumes", "gigabytes")]
)
def test_each_has_its_quota_and_nothing_is_made_without(alice, kept, kind, full, settings):
    settings.QUOTAS = {full: 0}
    made(alice, kind, kept, status=413)
    assert not Capture.objects.exists()
    assert not Command.objects.filter(verb__in=["upload", "backup"]).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_node_brings_disks_it_is_refused_as_before(alice, kept, kind, settings):
    settings.NODES_BRING_DISKS = False
    made(alice, kind, kept, status=501)
    made(alice, kind, kept, status=404, token="bob")
    assert used_up(alice) == {"volumes": 1, "gigabytes": 2, "snapshots": 0, "backups": 0}


def test_a_volume_goes_with_a_snapshot_whose_content_came(alice, kept, tmp_path):
    made(alice, "snapshots", kept)
    told_of(alice, f"snf-volume-{kept}", packed(tmp_path), disk=f"snf-volume-{kept}")
    over(11)
    assert alice.delete(f"{V3}/volumes/{kept}?cascade=True").status == 202
    assert (Blob.objects.get().state, used_up(alice)["snapshots"]) == ("condemned", 0)


def test_a_backup_adds_to_one_that_is_there_alone(alice, kept):
    made(alice, "backups", kept)
    over(11, "error")
    made(alice, "backups", kept, status=400, incremental=True)


def test_more_than_its_disk_can_be_is_not_taken(alice, kept):
    made(alice, "snapshots", kept)
    Capture.objects.update(most=1000)
    assert told_of(alice, f"snf-volume-{kept}", bytes(2000), disk=f"snf-volume-{kept}") == 413
    over(11, "error")
    found = Snapshot.objects.get()
    assert (found.status, found.trouble.startswith("The image is larger than 1000 bytes")) == ("error", True)
    assert Message.objects.get().text == found.trouble == Command.objects.get(verb="upload").error


@pytest.mark.parametrize("kind", ["snapshots", "backups"])
def test_what_is_on_the_disk_is_replaced_by_what_was_there(alice, used, kept, kind, tmp_path):
    _, server = used
    id, keeper = made(alice, kind, kept), f"snf-volume-{kept}"
    told_of(alice, keeper, packed(tmp_path), disk=keeper)
    over(11)
    if kind == "snapshots":
        word, path, body = "reverting", f"volumes/{kept}/action", {"revert": {"snapshot_id": id}}
    else:
        word, path, body = "restoring-backup", f"backups/{id}/restore", {"restore": {"volume_id": kept}}
    assert alice.post(f"{V3}/{path}", body, token="bob", headers=LATEST).status == 404
    assert alice.post(f"{V3}/{path}", body, headers=LATEST).status == 202
    assert (status(alice, kind, id), status(alice, "volumes", kept)) == ("restoring", word)
    assert alice.delete(f"{V3}/{kind}/{id}").status == 400
    over(12)
    assert (status(alice, kind, id), status(alice, "volumes", kept)) == ("available", "available")
    assert sorted(blobs.holders(Blob.objects.get().pk)) == sorted([(kind[:-1], id), ("volume", kept)])
    attach_volume(ALICE, server.pk, kept)
    order = take().command
    assert isinstance(order, AttachFilledVolume)
    assert order.os_params["img_id"] == Blob.objects.get().pk


@pytest.mark.parametrize("token", [None, "bob"])
def test_a_disk_gets_another_image(alice, kept, token):
    reply = alice.post(f"{V3}/volumes/{kept}/action", {"os-reimage": {"image_id": IMAGE}}, token=token, headers=LATEST)
    assert reply.status == (404 if token else 202)
    assert status(alice, "volumes", kept) == ("available" if token else "downloading")
    if not token:
        over(12)
        one = shown(alice, "volumes", kept)
        assert (one["status"], one["bootable"], one["volume_image_metadata"]["image_id"]) == (
            "available",
            "true",
            IMAGE,
        )
