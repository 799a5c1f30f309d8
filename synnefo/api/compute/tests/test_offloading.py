"""Shelved servers that leave their cluster and are made again, over Nova's API: each step, what it needs, and what its failure
leaves."""

import datetime

import pytest

from logic import clock
from logic.compute import offloading, shelves
from logic.compute.models import Server, Shelf
from logic.image import removing
from logic.image.models import Capture, Image
from logic.image.refusals import Protected
from logic.ledger.models import Command, Journal
from logic.messages.commands import (
    CaptureServer,
    CreateServer,
    DeleteServer,
    StartServer,
)
from logic.network.models import Port
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.quota.queries import usage
from logic.testing.worlds import ADMIN, ALICE, IMAGE, cluster, job, running, seen, state, tell
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import actions, done, shelved, shown, stopped

EXPORT, REMOVE, CREATE = "OP_BACKUP_EXPORT", "OP_INSTANCE_REMOVE", "OP_INSTANCE_CREATE"
AWAY = ["SHELVED_OFFLOADED", None, "shelved_offloaded", 0]
SAVED, REMOVED, MADE = 8, 9, 20  # jobs
IMAGES = {"image_count_total": 1, "image_size_total": 0}


@pytest.fixture(autouse=True)
def definition(settings, cloud):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"


def on(*, times=1):
    """Their time has come."""
    for _ in range(times):
        Shelf.objects.update(due_at=clock.now() - datetime.timedelta(seconds=1))
        offloading.carry_on()


def image():
    return Image.objects.get(owner=ALICE.project)


def saved(server, status="active"):
    """The image of its disk has come, with the success of its job."""
    on()
    ordered = done(server, SAVED, EXPORT)
    Capture.objects.all().delete()
    Image.objects.filter(owner=ALICE.project).update(status=status, size=1, backend_name="kept.qcow2")
    return ordered


def offloaded():
    server = shelved()
    saved(server)
    on()
    done(server, REMOVED, REMOVE)
    return fresh(server)


def fresh(server):
    return Server.objects.get(pk=server.pk)


def returning(nova, server, value=None):
    assert act(nova, server.pk, unshelve=value).status == 202
    return fresh(server)


def refused_to_be_made(nova, server, **how):
    server = returning(nova, server)
    done(server, MADE, CREATE, "error", **{"error": "qemu-img died", "error_code": "environment_error", **how})
    return server


def test_a_shelved_server_becomes_an_image_and_leaves_its_cluster(alice):
    server = running()
    assert act(alice, server.pk, shelve=None).status == 202
    done(server, 7, "OP_INSTANCE_SHUTDOWN")
    waits = ["ACTIVE", "shelving_image_uploading", "active", 4]
    assert shown(alice, server) == waits
    assert act(alice, server.pk, unshelve=None).status == 409
    on()
    assert shown(alice, server) == waits
    assert (image().name, image().status, image().protected) == ("demo-shelved", "queued", True)
    assert type(saved(server)) is CaptureServer
    assert shown(alice, server) == waits
    on()
    assert shown(alice, server) == ["ACTIVE", "shelving_offloading", "active", 4]
    found = alice.get("/servers?status=ACTIVE").json["servers"]
    assert [one["id"] for one in found] == [server.pk]
    assert type(done(server, REMOVED, REMOVE)) is DeleteServer
    assert shown(alice, server) == AWAY
    assert actions(alice, server) == ["shelveOffload", "createImage", "shelve", "create"]
    assert usage(ALICE.project) == {"servers": 1, "cores": 1, "ram": 512, "ports": 1, **IMAGES}


def test_it_is_on_no_host_then(admin, alice):
    server = offloaded()
    told = admin.get(f"/servers/{server.pk}").json["server"]
    assert (told["OS-EXT-SRV-ATTR:host"], told["hostId"], told["OS-EXT-AZ:availability_zone"]) == (None, "", "")
    assert admin.get("/servers?all_tenants=1&host=c1").json["servers"] == []
    found = alice.get("/servers?status=SHELVED_OFFLOADED").json["servers"]
    assert [one["id"] for one in found] == [server.pk]
    assert admin.get(f"/servers/{server.pk}/diagnostics").status == 409


def test_unshelved_it_is_made_of_its_image_under_another_name_with_what_it_had(alice):
    server = offloaded()
    ports = list(Port.objects.filter(device=server.pk).values_list("pk", "mac"))
    back = returning(alice, server)
    assert shown(alice, server) == ["SHELVED_OFFLOADED", "spawning", "shelved_offloaded", 0]
    ordered = done(back, MADE, CREATE)
    assert type(ordered) is CreateServer
    assert (ordered.resource, ordered.instance) == (server.pk, back.instance) != (server.pk, server.instance)
    assert [(nic.port, nic.mac) for nic in ordered.nics] == ports
    assert ordered.os_params["img_id"] == "kept.qcow2"
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]
    assert alice.get(f"/servers/{server.pk}").json["server"]["image"]["id"] == IMAGE
    on()
    assert not Image.objects.filter(owner=ALICE.project).exists()
    assert not Shelf.objects.exists()
    assert "image_count_total" not in {name for name, used in usage(ALICE.project).items() if used}


def test_nothing_is_removed_before_its_image_is_whole(alice):
    server = shelved()
    on()
    done(server, SAVED, EXPORT)
    on(times=3)
    assert (image().status, state(server).verb) == ("queued", "")
    assert shown(alice, server)[0] == "ACTIVE"


def test_nothing_is_removed_whose_disk_may_have_changed_since(alice):
    server = shelved()
    saved(server)
    first = image().pk
    tell(job(server, "start", SAVED + 1, "success"), job(server, "stop", SAVED + 2, "success"))
    on()
    assert state(server).verb == "shelve-image"
    assert image().pk != first


def test_one_that_was_started_on_its_cluster_stays(alice):
    server = shelved()
    saved(server)
    tell(seen(server, "running"))
    on()
    assert (shown(alice, server)[0], state(server).verb, Shelf.objects.count()) == ("SHELVED", "", 0)


def test_when_no_image_comes_it_is_shelved_where_it_is(alice):
    server = shelved()
    on()
    for number in range(offloading.MOST):
        done(server, SAVED + number, EXPORT, "error", error="no API answers")
        removing.remove(image())
        Capture.objects.all().delete()
        on()
        assert shown(alice, server) == ["SHELVED", None, "shelved", 4]
        on()
    assert Journal.objects.filter(resource=server.pk, what=offloading.STAYS).exists()
    assert act(alice, server.pk, unshelve=None).status == 202
    assert type(done(server, 30, "OP_INSTANCE_STARTUP")) is StartServer
    assert shown(alice, server)[0] == "ACTIVE"


def test_without_room_for_an_image_it_stays_too(alice):
    server = shelved()
    quota.set_limits(ADMIN, ALICE.project, {"image_count_total": 0})
    on()
    assert (shown(alice, server)[0], Shelf.objects.count(), Image.objects.filter(owner=ALICE.project).count()) == (
        "SHELVED",
        0,
        0,
    )


def test_a_removal_that_fails_is_tried_again(alice):
    server = shelved()
    saved(server)
    on()
    done(server, REMOVED, REMOVE, "error", error="node is down")
    on()
    assert shown(alice, server) == ["SHELVED", None, "shelved", 4], "not at once"
    assert image().status == "active"
    on()
    done(server, REMOVED + 1, REMOVE)
    assert shown(alice, server) == AWAY


def test_one_whose_instance_was_gone_already_has_left(alice):
    server = shelved()
    saved(server)
    on()
    done(server, REMOVED, REMOVE, "error", error_code="unknown_entity")
    assert shown(alice, server) == AWAY


def test_unshelved_before_it_left_it_starts_where_it_is_and_its_image_goes(alice, settings):
    settings.SHELVED_OFFLOAD_TIME = 3600
    server = shelved()
    saved(server)
    assert shown(alice, server)[:2] == ["SHELVED", None]
    assert act(alice, server.pk, unshelve=None).status == 202
    assert not Image.objects.filter(owner=ALICE.project).exists()
    on()
    assert type(done(server, 30, "OP_INSTANCE_STARTUP")) is StartServer
    assert (shown(alice, server)[0], Shelf.objects.count()) == ("ACTIVE", 0)


@pytest.mark.parametrize("wrong", ["shelve", "shelveOffload", "os-start", "os-stop", "createImage"])
def test_what_is_away_is_unshelved_or_deleted_and_nothing_else(admin, wrong):
    server = offloaded()
    assert act(admin, server.pk, **{wrong: {"name": "x"} if wrong == "createImage" else None}).status == 409


def test_late_words_about_the_old_instance_do_not_touch_it(alice):
    server = offloaded()
    tell(seen(server, "running"), seen(server, exists=False), seen(server, exists=False))
    tell(job(server, "start", 3, "success"), job(server, "start", 50, "success"))
    assert shown(alice, server) == AWAY
    back = returning(alice, server)
    done(back, MADE + 50, CREATE)
    tell(job(server, "delete", REMOVED, "success"), job(server, "delete", MADE + 60, "success"))
    assert shown(alice, server) == ["ACTIVE", None, "active", 1]


def test_one_that_cannot_be_made_again_is_away_with_its_image_and_what_there_is_of_it_goes_first(alice):
    server = refused_to_be_made(alice, offloaded())
    assert shown(alice, server) == AWAY
    assert Command.objects.get(verb="unshelve-anew").error == "qemu-img died"
    assert act(alice, server.pk, unshelve=None).status == 409, "not before"
    on()
    assert shown(alice, server) == ["SHELVED_OFFLOADED", "shelving_offloading", "shelved_offloaded", 0]
    assert done(server, MADE + 1, REMOVE, "error", error_code="unknown_entity").instance == server.instance
    assert (shown(alice, server), image().status) == (AWAY, "active")
    done(returning(alice, server), MADE + 2, CREATE)
    assert shown(alice, server)[0] == "ACTIVE"


def test_what_is_left_of_it_is_removed_until_it_is_gone(alice):
    server = refused_to_be_made(alice, offloaded())
    on()
    done(server, MADE + 1, REMOVE, "error", error="node is down")
    on(times=2)
    assert act(alice, server.pk, unshelve=None).status == 409
    done(server, MADE + 2, REMOVE)
    on()
    assert (shown(alice, server), Shelf.objects.get().step) == (AWAY, shelves.KEPT)


def test_it_is_made_again_elsewhere_with_its_ports_where_there_is_room(alice):
    server = offloaded()
    other = cluster("c2")
    Backend.objects.filter(pk=other.pk).update(incarnation="another")
    Backend.objects.filter(name="c1").update(drained=True)
    back = returning(alice, server)
    assert (back.backend_id, back.incarnation, Port.objects.get(device=server.pk).backend_id) == (
        other.pk,
        "another",
        other.pk,
    )
    done(back, 3, CREATE, cluster="c2", incarnation="another")
    tell(job(server, "delete", REMOVED + 5, "success"))
    assert shown(alice, server)[0] == "ACTIVE"


@pytest.mark.parametrize(
    ("minor", "value", "status", "pinned"),
    [
        (76, {"availability_zone": "c2"}, 400, ""),
        (77, {"availability_zone": "c2"}, 202, "c2"),
        (77, {"availability_zone": "nowhere"}, 400, ""),
        (77, {"availability_zone": None}, 400, ""),
        (77, {"host": "c2"}, 400, ""),
        (91, {"availability_zone": None}, 202, ""),
        (91, {"host": "c2"}, 403, ""),
        (91, {}, 400, ""),
        (91, {"else": 1}, 400, ""),
    ],
)
def test_where_it_is_made_again_may_be_said(alice, minor, value, status, pinned):
    server = offloaded()
    cluster("c2")
    assert act(alice(minor), server.pk, unshelve=value).status == status
    assert fresh(server).pinned_zone == pinned
    if pinned:
        assert fresh(server).availability_zone == pinned


def test_a_host_is_for_administrators(admin):
    server = offloaded()
    cluster("c2")
    assert act(admin(91), server.pk, unshelve={"host": "nowhere"}).status == 400
    assert act(admin(91), server.pk, unshelve={"host": "c2"}).status == 202
    assert (fresh(server).backend.name, fresh(server).pinned_zone) == ("c2", "")


def test_one_that_is_on_its_cluster_goes_nowhere_else(alice, settings):
    settings.SHELVED_OFFLOAD_TIME = -1
    assert act(alice(77), shelved().pk, unshelve={"availability_zone": "c1"}).status == 409


@pytest.mark.parametrize("gone", ["deleted", "deactivated"])
def test_without_its_image_it_is_not_made(alice, gone):
    server = offloaded()
    if gone == "deleted":
        removing.remove(image())
    else:
        Image.objects.filter(pk=image().pk).update(status="deactivated")
    assert act(alice, server.pk, unshelve=None).status == 409


def test_its_image_is_not_deleted_by_mistake(alice):
    offloaded()
    with pytest.raises(Protected):
        removing.delete_image(ALICE, image().pk)


def test_deleted_while_it_is_away_it_is_gone_with_all_it_had(alice):
    server = offloaded()
    assert alice.delete(f"/servers/{server.pk}").status == 204
    done(server, 30, REMOVE, "error", error_code="unknown_entity")
    on()
    assert state(server).observed == "gone"
    assert not Image.objects.filter(owner=ALICE.project).exists()
    assert not Shelf.objects.exists()
    assert not any(usage(ALICE.project).values())


def test_one_that_is_down_leaves_too(alice):
    server = stopped()
    assert act(alice, server.pk, shelve=None).status == 202
    assert shown(alice, server) == ["ACTIVE", "shelving_image_uploading", "active", 4]
    found = alice(83).get("/servers?task_state=shelving_image_uploading").json["servers"]
    assert [one["id"] for one in found] == [server.pk]
    assert actions(alice, server)[0] == "shelve"


def test_deleted_while_it_leaves_it_is_gone(alice):
    server = shelved()
    saved(server)
    on()
    alice.delete(f"/servers/{server.pk}")
    done(server, REMOVED, REMOVE)
    on()
    assert (state(server).observed, Image.objects.filter(owner=ALICE.project).count()) == ("gone", 0)


@pytest.mark.parametrize("seconds", [-1, 3600])
def test_how_soon_it_leaves_is_the_sites_affair_and_an_administrator_has_it_leave_now(alice, admin, settings, seconds):
    settings.SHELVED_OFFLOAD_TIME = seconds
    server = shelved()
    assert offloading.carry_on() == 0
    assert act(alice, server.pk, shelveOffload=None).status == 403
    assert act(admin, server.pk, shelveOffload=None).status == 202
    assert state(server).verb == "shelve-image"
    assert act(admin, server.pk, shelveOffload=None).status == 202, "it is on its way"
    assert Command.objects.filter(verb="shelve-image").count() == 1


@pytest.mark.parametrize(("make", "status"), [(running, 409), (stopped, 409), (shelved, 501)])
def test_where_nodes_bring_no_disks_it_stays(admin, settings, make, status):
    settings.NODES_BRING_DISKS = False
    server = make()
    assert act(admin, server.pk, shelveOffload=None).status == status
    assert not Shelf.objects.exists()


def test_one_that_is_our_own_fault_keeps_no_other(alice, monkeypatch):
    shelved()
    monkeypatch.setattr(offloading, "_carry_on", lambda _: 1 / 0)
    on()
    assert offloading.carry_on() == 0, "later"
