"""Volumes of shelved servers that leave their cluster, and servers that boot from one, over Nova's API."""

import pytest

from logic import clock
from logic.compute import shelves
from logic.compute.models import Server, Shelf
from logic.image.models import Image
from logic.ledger.resources import state_of
from logic.messages.commands import CreateServerHaving, DeleteServerKeeping
from logic.messages.observations import VolumeSeen
from logic.reconcile.volumes import _targeted as reconciled
from logic.testing.worlds import ALICE, INCARNATION, cluster, running, seen, state, tell
from logic.volume import states
from logic.volume.models import Volume
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import done, shelved, shown
from synnefo.api.compute.tests.test_offloading import (
    AWAY,
    MADE,
    REMOVE,
    REMOVED,
    definition,
    fresh,
    offloaded,
    on,
    returning,
    saved,
)

__all__ = ["definition"]  # a fixture


def volume(server, **columns):
    """A volume on it."""
    about = {"project": ALICE.project, "user": "alice", "size": 1, "backend": server.backend, "template": "plain"}
    about |= {"incarnation": server.incarnation, "observed": "attached", "attached_at": clock.now()}
    return Volume.objects.create(**({"device": server.pk} | about | columns))


def with_volume():
    """Shelved, and away, with a volume that is kept."""
    server = shelved()
    made = volume(server)
    saved(server)
    on()
    left = done(server, REMOVED, REMOVE)
    assert (type(left), left.volumes) == (DeleteServerKeeping, (made.pk,))
    found(made, "held")
    return fresh(server), made


def found(row, place):
    """A look at it, of which reconcile says what it does of its server."""
    (asked,) = reconciled([Volume.objects.get(pk=row.pk)])
    tell(
        VolumeSeen(
            cluster="c1",
            incarnation=INCARNATION,
            volume=row.pk,
            version=asked.version,
            place=place,
            waits=asked.waits,
        )
    )
    return columns(row)


def columns(row):
    row = Volume.objects.get(pk=row.pk)
    return row.mode, row.observed, states.cinder_status(state_of(row))


AWAITS = ("reserved", "held", "in-use")


def test_its_volumes_are_kept_and_its_own_and_come_back_with_it(alice):
    server, data = with_volume()
    assert columns(data) == AWAITS
    attached = alice.get(f"/servers/{server.pk}/os-volume_attachments").json["volumeAttachments"]
    assert [one["volumeId"] for one in attached] == [data.pk]
    back = returning(alice, server)
    ordered = done(back, MADE, "OP_INSTANCE_STARTUP")
    assert (type(ordered), ordered.root) == (CreateServerHaving, False)
    assert [(one.id, one.fresh) for one in ordered.volumes] == [(data.pk, False)]
    assert found(data, "attached") == ("normal", "attached", "in-use")
    assert shown(alice, server)[0] == "ACTIVE"


def test_whatever_may_be_on_it_is_taken_off_before_it_is_removed():
    """Also what a command that failed may have left there."""
    server = shelved()
    unsure = volume(server, observed="held")
    saved(server)
    on()
    assert done(server, REMOVED, REMOVE).volumes == (unsure.pk,)
    assert columns(unsure)[0] == "normal"


def test_nothing_is_removed_while_a_volume_is_moved():
    server = shelved()
    saved(server)
    volume(server, command="x", verb="detach")
    on()
    assert state(server).verb == ""


def test_one_that_boots_from_a_volume_leaves_without_an_image(alice):
    server = shelved()
    root = volume(server)
    Server.objects.filter(pk=server.pk).update(image="", root_volume=root.pk)
    on()
    assert done(server, REMOVED, REMOVE).volumes == (root.pk,)
    assert shown(alice, server) == AWAY
    assert not Image.objects.filter(owner=ALICE.project).exists()
    found(root, "held")
    assert alice.delete(f"/servers/{server.pk}/os-volume_attachments/{root.pk}").status == 400
    ordered = done(returning(alice, server), MADE, "OP_INSTANCE_STARTUP")
    assert (ordered.root, ordered.disks, [one.id for one in ordered.volumes]) == (True, (), [root.pk])
    assert "img_id" not in ordered.os_params


def test_volumes_are_put_on_one_that_is_away_and_taken_off(alice):
    server = offloaded()
    row = volume(server, observed="none", device="", backend=None, incarnation="")
    path = f"/servers/{server.pk}/os-volume_attachments"
    assert alice(20).post(path, {"volumeAttachment": {"volumeId": row.pk}}).status == 200
    assert columns(row) == ("reserved", "none", "in-use")
    assert alice.get(f"{path}/{row.pk}").json["volumeAttachment"]["device"]
    assert alice(20).delete(f"{path}/{row.pk}").status == 202
    assert (columns(row), Volume.objects.get(pk=row.pk).device) == (("normal", "none", "available"), "")
    alice(20).post(path, {"volumeAttachment": {"volumeId": row.pk}})
    ordered = done(returning(alice, server), MADE, "OP_INSTANCE_STARTUP")
    assert [(one.id, one.fresh) for one in ordered.volumes] == [(row.pk, True)]
    assert found(row, "attached") == ("normal", "attached", "in-use")


def test_what_is_kept_for_it_is_nobody_elses(alice):
    _, data = with_volume()
    other = running(first_job=40)
    assert (
        alice.post(f"/servers/{other.pk}/os-volume_attachments", {"volumeAttachment": {"volumeId": data.pk}}).status
        == 400
    )
    assert not any(states.may(state_of(Volume.objects.get(pk=data.pk)), verb) for verb in states.MAY)


def test_where_its_volumes_are_it_is_made_again(alice):
    server, _ = with_volume()
    cluster("c2")
    assert act(alice(77), server.pk, unshelve={"availability_zone": "c2"}).status == 400
    assert returning(alice(77), server, {"availability_zone": "c1"}).backend.name == "c1"


def test_one_that_could_not_be_made_again_has_its_volumes_still(alice):
    server, data = with_volume()
    server = returning(alice, server)
    done(server, MADE, "OP_INSTANCE_STARTUP", "error", error="qemu died")
    on()
    assert done(server, MADE + 1, REMOVE).volumes == (data.pk,)
    assert act(alice, server.pk, unshelve=None).status == 409, "where they are is looked for first"
    assert found(data, "held") == AWAITS
    assert returning(alice, server).verb == "unshelve-anew"


def test_one_of_which_half_has_left_is_not_started_and_leaves_some_time(alice):
    server = shelved()
    data = volume(server)
    saved(server)
    on()
    done(server, REMOVED, REMOVE, "error", error="node is down")
    found(data, "held")
    on()
    assert (shown(alice, server)[0], columns(data)) == ("SHELVED", AWAITS)
    assert act(alice, server.pk, unshelve=None).status == 409
    tell(seen(server, "running"))
    on()
    assert Shelf.objects.get().step == shelves.AGAIN
    tell(seen(server, "stopped"))
    on()
    done(server, REMOVED + 1, REMOVE)
    assert shown(alice, server) == AWAY


def test_one_that_did_not_leave_has_its_volumes_as_before(alice):
    server = shelved()
    data = volume(server)
    saved(server)
    on()
    done(server, REMOVED, REMOVE, "error", error="node is down")
    assert found(data, "attached") == ("normal", "attached", "in-use")
    on()
    assert act(alice, server.pk, unshelve=None).status == 202


@pytest.mark.parametrize(("goes", "marked"), [(False, ""), (True, "deleting")])
def test_deleted_while_it_is_away_its_volumes_are_free_or_go_along(alice, goes, marked):
    server, data = with_volume()
    Volume.objects.filter(pk=data.pk).update(goes_along=goes)
    alice.delete(f"/servers/{server.pk}")
    done(server, 30, REMOVE, "error", error_code="unknown_entity")
    assert Volume.objects.get(pk=data.pk).marked == marked
    assert found(data, "held") == ("normal", "held", "available")
