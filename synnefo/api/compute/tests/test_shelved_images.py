"""Images of shelved servers that are leaving their cluster, or coming back, are not deleted."""

import pytest

from logic.compute import shelves
from logic.compute.models import Shelf
from logic.image import removing
from logic.image.models import Image
from logic.testing.worlds import ALICE
from synnefo.api.compute.tests.test_lifecycle import done, shelved
from synnefo.api.compute.tests.test_offloading import (
    REMOVE,
    REMOVED,
    image,
    offloaded,
    on,
    refused_to_be_made,
    returning,
    saved,
)


@pytest.fixture(autouse=True)
def definition(settings, cloud):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"


def leaving():
    server = shelved()
    saved(server)
    on()
    return server


def about_to_leave():
    server = leaving()
    done(server, REMOVED, REMOVE, "error", error="node is down")
    on()
    return server


def coming_back(nova):
    return returning(nova, offloaded())


def not_come_back(nova):
    server = refused_to_be_made(nova, offloaded())
    on()
    return server


def unprotected():
    Image.objects.filter(owner=ALICE.project).update(protected=False)
    return image().pk


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (lambda _: leaving(), shelves.LEAVE),
        (lambda _: about_to_leave(), shelves.AGAIN),
        (coming_back, shelves.RETURN),
        (not_come_back, shelves.CLEAR),
    ],
    ids=["leaving", "about to leave", "coming back", "not come back"],
)
def test_its_image_is_not_deleted_while_it_leaves_or_comes_back(alice, make, step):
    server = make(alice)
    assert Shelf.objects.get().step == step
    reply = alice.api.delete(f"/image/v2/images/{unprotected()}")
    assert reply.status == 409
    why = f"Image {image().pk} could not be deleted because it is in use: server {server.pk} "
    assert why in reply.body.decode()
    assert alice.delete(f"/images/{image().pk}").status == 409
    assert image().status == "active"


@pytest.mark.parametrize("make", [offloaded, shelved], ids=["away", "not yet leaving"])
def test_its_owner_may_give_it_up_when_it_is_away_or_before(alice, make):
    make()
    on()
    assert alice.api.delete(f"/image/v2/images/{unprotected()}").status == 204


def test_an_image_that_is_needed_is_not_one_backup_too_many_and_another_is():
    leaving()
    assert removing.spare(unprotected()) == []
    Shelf.objects.all().delete()
    removing.spare(image().pk)
    assert not Image.objects.filter(owner=ALICE.project).exists()
