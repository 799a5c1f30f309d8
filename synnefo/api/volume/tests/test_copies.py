"""What volumes are made of, and what is made of them: images, snapshots, clones, backups, transfers, and their actions."""

import pytest

from logic.image.models import Blob, BlobUse, Image
from logic.messages.commands import AttachFilledVolume
from logic.testing.worlds import ALICE, BOB, IMAGE, accepted, running, take, tell
from logic.volume.commands import attach_volume
from logic.volume.models import Transfer
from logic.volume.tests.test_commands import told

V3 = "/volume/v3"
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"
LATEST = {"OpenStack-API-Version": "volume 3.71"}


def made(api, kind, status=202, token=None, **wanted):
    of = {"volumes": "volume", "snapshots": "snapshot", "backups": "backup"}[kind]
    reply = api.post(f"{V3}/{kind}", {of: wanted}, token=token, headers=LATEST)
    assert reply.status == status, reply.body
    return reply.json[of]["id"] if status == 202 else reply.json


def volume(api, **wanted):
    return made(api, "volumes", **{"size": 2, **wanted})


def shown(api, kind, id, token=None):
    (found,) = api.get(f"{V3}/{kind}/{id}", token=token, headers=LATEST).json.values()
    return found


def do(api, id, name, kind="volumes", token=None, **said):
    return api.post(f"{V3}/{kind}/{id}/action", {name: said}, token=token, headers=LATEST).status


def used(api, project=ALICE.project):
    counted = api.get(f"{V3}/os-quota-sets/{project}?usage=True", token="admin").json["quota_set"]
    return {
        name: counted[name]["in_use"] for name in ("volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes")
    }


@pytest.fixture
def placed(alice):
    """A volume that a server has."""
    id = volume(alice)
    attach_volume(ALICE, running().pk, id)
    taken = take()
    tell(accepted(taken, 9), told(taken))
    return id


@pytest.fixture
def blob(alice):
    blob = Blob.objects.create(store="directory", state="whole", size=3 * 2**30)
    Image.objects.filter(pk=IMAGE).update(blob=blob, size=3 * 2**30, min_disk=2)
    return blob.pk


def holders(blob):
    return sorted(BlobUse.objects.filter(blob=blob).values_list("kind", flat=True))


def test_a_volume_of_an_image_is_bootable_and_says_what_it_was(alice):
    one = shown(alice, "volumes", volume(alice, imageRef=IMAGE))
    assert (one["bootable"], one["volume_image_metadata"]["image_id"], one["size"]) == ("true", IMAGE, 2)
    assert shown(alice, "volumes", volume(alice))["bootable"] == "false"


def test_the_content_of_an_image_is_held_by_all_that_is_made_of_it(alice, blob):
    id = volume(alice, imageRef=IMAGE, size=3)
    snapshot = made(alice, "snapshots", volume_id=id)
    clone = made(alice, "volumes", source_volid=id)
    backup = made(alice, "backups", volume_id=id)
    assert holders(blob) == ["backup", "snapshot", "volume", "volume"]
    assert shown(alice, "volumes", clone)["bootable"] == "true"
    for kind, one in (("snapshots", snapshot), ("volumes", id), ("backups", backup), ("volumes", clone)):
        assert alice.delete(f"{V3}/{kind}/{one}").status == 202
    assert (holders(blob), Blob.objects.get(pk=blob).state) == ([], "condemned")


@pytest.mark.parametrize(
    "columns", [{"status": "deactivated"}, {"min_disk": 5}, {"size": 5 * 2**30}, {"virtual_size": 2**40}]
)
def test_an_image_that_does_not_fit_is_refused(alice, columns):
    Image.objects.filter(pk=IMAGE).update(**columns)
    made(alice, "volumes", status=400, size=2, imageRef=IMAGE)


def test_a_snapshot_is_made_listed_renamed_and_deleted(alice):
    id = volume(alice)
    reply = alice.post(f"{V3}/snapshots", {"snapshot": {"volume_id": id, "name": "s", "metadata": {"a": "b"}}})
    one = reply.json["snapshot"]
    assert set(one) == {
        "id",
        "name",
        "description",
        "volume_id",
        "size",
        "status",
        "metadata",
        "created_at",
        "updated_at",
    }
    assert (one["status"], one["size"], one["metadata"]) == ("available", 2, {"a": "b"})
    (listed,) = alice.get(f"{V3}/snapshots/detail?name=s&volume_id={id}").json["snapshots"]
    assert set(listed) - set(one) == {f"os-extended-snapshot-attributes:{name}" for name in ("progress", "project_id")}
    path = f"{V3}/snapshots/{one['id']}"
    assert alice.put(path, {"snapshot": {"name": "t"}}).json["snapshot"]["name"] == "t"
    assert alice.put(f"{path}/metadata/c", {"meta": {"c": "d"}}).json == {"meta": {"c": "d"}}
    assert alice.get(f"{path}/metadata").json == {"metadata": {"a": "b", "c": "d"}}
    assert alice.delete(f"{path}/metadata/a").status == 200
    assert alice.get(path, token="bob").status == 404
    assert (alice.delete(path).status, alice.get(path).status) == (202, 404)
    assert used(alice) == {"volumes": 1, "gigabytes": 2, "snapshots": 0, "backups": 0, "backup_gigabytes": 0}


def test_snapshots_count_with_their_size(alice, settings):
    settings.QUOTAS = {"gigabytes": 4, "snapshots": 5}
    id = volume(alice)
    made(alice, "snapshots", volume_id=id)
    made(alice, "snapshots", status=413, volume_id=id)
    settings.QUOTAS = {"snapshots": 1}
    made(alice, "snapshots", status=413, volume_id=id)


def test_a_volume_with_snapshots_goes_with_them_or_not_at_all(alice):
    id = volume(alice)
    first, second = (made(alice, "snapshots", volume_id=id) for _ in range(2))
    of_first = volume(alice, snapshot_id=first)
    assert alice.delete(f"{V3}/volumes/{id}").status == 400
    assert alice.delete(f"{V3}/volumes/{id}?cascade=True").status == 202
    assert alice.get(f"{V3}/snapshots/{second}").status == 404
    assert shown(alice, "volumes", of_first)["snapshot_id"] == first
    assert used(alice)["snapshots"] == 0


def test_a_copy_is_as_large_as_what_it_is_of_or_larger(alice):
    id = volume(alice, size=3)
    snapshot = made(alice, "snapshots", volume_id=id)
    for source in ({"source_volid": id}, {"snapshot_id": snapshot}):
        made(alice, "volumes", status=400, size=2, **source)
        assert shown(alice, "volumes", made(alice, "volumes", **source))["size"] == 3
        assert shown(alice, "volumes", made(alice, "volumes", size=4, **source))["size"] == 4


def test_the_first_server_of_a_copy_has_it_filled(alice, blob):
    id = volume(alice, imageRef=IMAGE, size=3)
    clone = made(alice, "volumes", source_volid=id)
    Image.objects.update(min_disk=0, size=1)
    attach_volume(ALICE, running().pk, clone)
    order = take().command
    assert isinstance(order, AttachFilledVolume)
    assert (order.fresh, order.size, order.os_params["img_id"]) == (
        True,
        3072,
        Image.objects.get(pk=IMAGE).backend_name,
    )


def test_what_is_somebody_elses_is_no_source(alice):
    id = volume(alice)
    snapshot = made(alice, "snapshots", volume_id=id)
    for source in ({"source_volid": id}, {"snapshot_id": snapshot}):
        made(alice, "volumes", status=404, token="bob", size=2, **source)


def test_of_a_disk_that_a_server_has_written_to_nothing_is_made(alice, placed):
    made(alice, "snapshots", status=501, volume_id=placed, force=True)
    made(alice, "backups", status=501, volume_id=placed, force=True)
    made(alice, "volumes", status=501, source_volid=placed)
    assert alice.post(f"{V3}/snapshots", {"snapshot": {"volume_id": placed}}).status == 400


def test_a_volume_is_made_larger_within_its_quota(alice, settings):
    id = volume(alice)
    assert do(alice, id, "os-extend", new_size=2) == 400
    assert do(alice, id, "os-extend", new_size="5") == 202
    assert (shown(alice, "volumes", id)["size"], used(alice)["gigabytes"]) == (5, 5)
    settings.QUOTAS = {"gigabytes": 6}
    assert do(alice, id, "os-extend", new_size=7) == 413
    assert do(alice, id, "os-extend", new_size=6) == 202
    alice.delete(f"{V3}/volumes/{id}")
    assert used(alice)["gigabytes"] == 0


def test_a_volume_goes_back_to_its_newest_snapshot(alice):
    id = volume(alice)
    first, second = (made(alice, "snapshots", volume_id=id) for _ in range(2))
    assert do(alice, id, "os-reimage", image_id=IMAGE) == 202
    assert shown(alice, "volumes", id)["bootable"] == "true"
    assert do(alice, id, "revert", snapshot_id=first) == 400
    assert do(alice, id, "revert", snapshot_id=UNKNOWN) == 404
    assert do(alice, id, "revert", snapshot_id=second) == 202
    assert shown(alice, "volumes", id)["bootable"] == "false"
    assert alice.post(f"{V3}/volumes/{id}/action", {"revert": {"snapshot_id": second}}).status == 400


def test_a_backup_outlives_its_volume_and_comes_back(alice):
    id = volume(alice, metadata={"a": "b"}, imageRef=IMAGE)
    backup = made(alice, "backups", volume_id=id, name="b")
    more = made(alice, "backups", volume_id=id, incremental=True)
    assert [shown(alice, "backups", one)["is_incremental"] for one in (backup, more)] == [False, True]
    assert shown(alice, "backups", backup)["has_dependent_backups"]
    assert alice.delete(f"{V3}/backups/{backup}").status == 400
    assert used(alice) == {"volumes": 1, "gigabytes": 2, "snapshots": 0, "backups": 2, "backup_gigabytes": 4}
    assert alice.delete(f"{V3}/volumes/{id}").status == 202
    restored = alice.post(f"{V3}/backups/{backup}/restore", {"restore": {}}).json["restore"]
    assert (restored["backup_id"], restored["volume_name"]) == (backup, f"restore_backup_{backup}")
    one = shown(alice, "volumes", restored["volume_id"])
    assert (one["metadata"], one["bootable"], one["size"]) == ({"a": "b"}, "true", 2)
    into = alice.post(f"{V3}/backups/{more}/restore", {"restore": {"volume_id": one["id"]}})
    assert (into.status, into.json["restore"]["volume_id"]) == (202, one["id"])
    small = volume(alice, size=1)
    assert alice.post(f"{V3}/backups/{more}/restore", {"restore": {"volume_id": small}}).status == 400
    assert alice.put(f"{V3}/backups/{more}", {"backup": {"name": "x"}}).status == 404
    assert alice.put(f"{V3}/backups/{more}", {"backup": {"name": "x"}}, headers=LATEST).json["backup"]["name"] == "x"
    assert [alice.delete(f"{V3}/backups/{one}").status for one in (more, backup)] == [202, 202]
    assert alice.get(f"{V3}/backups/detail").json == {"backups": []}


def test_an_increment_needs_something_to_add_to(alice):
    made(alice, "backups", status=400, volume_id=volume(alice), incremental=True)


@pytest.mark.parametrize("address", ["os-volume-transfer", "volume-transfers"])
def test_a_volume_goes_to_another_project_with_what_it_counts_for(alice, address):
    id = volume(alice)
    snapshot = made(alice, "snapshots", volume_id=id)
    body = {"transfer": {"volume_id": id, "name": "t"}}
    offer = alice.post(f"{V3}/{address}", body, headers=LATEST).json["transfer"]
    path = f"{V3}/{address}/{offer['id']}"
    assert shown(alice, "volumes", id)["status"] == "awaiting-transfer"
    assert offer["auth_key"] not in str(Transfer.objects.values().get())
    assert "auth_key" not in alice.get(path, headers=LATEST).json["transfer"]
    assert alice.get(path, token="bob", headers=LATEST).status == 404
    wrong = alice.post(f"{path}/accept", {"accept": {"auth_key": "guess"}}, token="bob", headers=LATEST)
    assert (wrong.status, offer["auth_key"] in wrong.body.decode()) == (400, False)
    right = {"accept": {"auth_key": offer["auth_key"]}}
    assert alice.post(f"{path}/accept", right, token="bob", headers=LATEST).status == 202
    assert alice.post(f"{path}/accept", right, token="bob", headers=LATEST).status == 404
    assert alice.get(f"{V3}/volumes/{id}").status == 404
    assert shown(alice, "volumes", id, token="bob")["status"] == "available"
    assert shown(alice, "snapshots", snapshot, token="bob")["volume_id"] == id
    assert used(alice) == dict.fromkeys(used(alice), 0)
    assert used(alice, BOB.project) == {
        "volumes": 1,
        "gigabytes": 4,
        "snapshots": 1,
        "backups": 0,
        "backup_gigabytes": 0,
    }


def test_who_has_no_room_takes_no_volume(alice):
    id = volume(alice)
    offer = alice.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": id}}).json["transfer"]
    alice.put(f"{V3}/os-quota-sets/{BOB.project}", {"quota_set": {"gigabytes": 1}}, token="admin")
    accept = {"accept": {"auth_key": offer["auth_key"]}}
    assert alice.post(f"{V3}/os-volume-transfer/{offer['id']}/accept", accept, token="bob").status == 413
    assert (shown(alice, "volumes", id)["status"], used(alice)["volumes"]) == ("awaiting-transfer", 1)
    assert alice.delete(f"{V3}/os-volume-transfer/{offer['id']}").status == 202
    assert shown(alice, "volumes", id)["status"] == "available"


def test_an_offered_volume_stays_as_it_is(alice):
    id = volume(alice)
    alice.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": id}})
    assert alice.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": id}}).status == 400
    assert do(alice, id, "os-extend", new_size=5) == 400
    assert alice.delete(f"{V3}/volumes/{id}").status == 400


def test_a_volume_is_reserved_once(alice):
    id = volume(alice)
    assert [do(alice, id, "os-reserve") for _ in range(2)] == [202, 400]
    assert shown(alice, "volumes", id)["status"] == "attaching"
    assert [one["id"] for one in alice.get(f"{V3}/volumes?status=attaching").json["volumes"]] == [id]
    assert do(alice, id, "os-unreserve") == 202
    assert shown(alice, "volumes", id)["status"] == "available"


def test_cinder_puts_volumes_on_servers_as_nova_does(alice):
    id, server = volume(alice), running()
    do(alice, id, "os-reserve")
    assert do(alice, id, "os-attach", instance_uuid=server.pk, mountpoint="/dev/vdb") == 202
    taken = take()
    tell(accepted(taken, 9), told(taken))
    (one,) = shown(alice, "volumes", id)["attachments"]
    assert (one["server_id"], one["device"], one["id"]) == (server.pk, "/dev/vdb", id)
    (listed,) = alice.get(f"{V3}/attachments", headers=LATEST).json["attachments"]
    assert (listed["status"], listed["instance"]) == ("attached", server.pk)
    path = f"{V3}/attachments/{id}"
    assert alice.get(path, headers=LATEST).json["attachment"]["volume_id"] == id
    assert alice.delete(path, headers=LATEST).status == 409
    assert do(alice, id, "os-detach", attachment_id=UNKNOWN) == 404
    assert do(alice, id, "os-reset_status", token="admin", status="error") == 202
    assert do(alice, id, "os-detach") == 400
    assert do(alice, id, "os-force_detach", attachment_id=id) == 403
    assert do(alice, id, "os-force_detach", token="admin", attachment_id=id) == 202
    assert shown(alice, "volumes", id)["status"] == "detaching"


def test_what_is_on_no_server_is_taken_off_in_vain(alice):
    id = volume(alice)
    assert do(alice, id, "os-detach") == 202
    assert do(alice, id, "os-detach", attachment_id=id) == 404
    assert shown(alice, "volumes", id)["status"] == "available"


@pytest.mark.parametrize("said", [{"host_name": "h"}, {}, {"instance_uuid": UNKNOWN, "mode": "ro"}])
def test_a_volume_is_put_on_no_host(alice, said):
    assert do(alice, volume(alice), "os-attach", **said) == 400


def test_an_administrator_says_what_a_volume_is_but_not_what_is_not_so(alice, placed):
    id = volume(alice)
    for status in ("error", "maintenance", "available"):
        assert do(alice, id, "os-reset_status", token="admin", status=status) == 202
        assert shown(alice, "volumes", id)["status"] == status
    assert do(alice, id, "os-reset_status", token="admin", status="in-use") == 400
    assert do(alice, placed, "os-reset_status", token="admin", status="available") == 400
    assert do(alice, id, "os-reset_status", token="admin", status="colour") == 400
    assert do(alice, id, "os-reset_status", status="error") == 403


def test_a_volume_is_deleted_by_force_whatever_it_is_called(alice, placed):
    id = volume(alice)
    do(alice, id, "os-reset_status", token="admin", status="maintenance")
    assert alice.delete(f"{V3}/volumes/{id}").status == 400
    assert do(alice, id, "os-force_delete") == 403
    assert do(alice, id, "os-force_delete", token="admin") == 202
    assert alice.get(f"{V3}/volumes/{id}").status == 404
    assert do(alice, placed, "os-force_delete", token="admin") == 400


def test_flags_and_the_words_about_its_image_are_its_owners(alice):
    id, server = volume(alice), running()
    assert do(alice, id, "os-set_bootable", bootable="True") == 200
    assert do(alice, id, "os-update_readonly_flag", readonly=True) == 202
    one = shown(alice, "volumes", id)
    assert (one["bootable"], one["metadata"]) == ("true", {"readonly": "True"})
    assert do(alice, id, "os-attach", instance_uuid=server.pk) == 400
    assert do(alice, id, "os-set_image_metadata", metadata={"a": "b", "c": "d"}) == 200
    assert do(alice, id, "os-unset_image_metadata", key="a") == 200
    assert do(alice, id, "os-unset_image_metadata", key="a") == 404
    reply = alice.post(f"{V3}/volumes/{id}/action", {"os-show_image_metadata": {}})
    assert reply.json == {"metadata": {"c": "d"}}


@pytest.mark.parametrize("name", ["os-initialize_connection", "os-migrate_volume"])
def test_what_this_cloud_does_not_do_is_refused_with_the_reason(alice, name):
    assert do(alice, volume(alice), name) == 501


def test_snapshots_have_a_status_that_administrators_set(alice):
    id = made(alice, "snapshots", volume_id=volume(alice))
    assert do(alice, id, "os-reset_status", "snapshots", "admin", status="creating") == 202
    made(alice, "volumes", status=400, snapshot_id=id)
    assert alice.delete(f"{V3}/snapshots/{id}").status == 400
    assert do(alice, id, "os-update_snapshot_status", "snapshots", status="error", progress="80%") == 202
    one = shown(alice, "snapshots", id)
    assert (one["status"], one["os-extended-snapshot-attributes:progress"]) == ("error", "80%")
    assert do(alice, id, "os-update_snapshot_status", "snapshots", status="available") == 400
    assert do(alice, id, "os-force_delete", "snapshots", "admin") == 202


def test_the_offer_of_a_volume_that_was_deleted_by_force_is_gone_with_it(alice):
    id = volume(alice)
    offer = alice.post(f"{V3}/os-volume-transfer", {"transfer": {"volume_id": id}}).json["transfer"]
    assert do(alice, id, "os-force_delete", token="admin") == 202
    accept = {"accept": {"auth_key": offer["auth_key"]}}
    assert alice.post(f"{V3}/os-volume-transfer/{offer['id']}/accept", accept, token="bob").status == 404
    assert used(alice)["volumes"] == 0
