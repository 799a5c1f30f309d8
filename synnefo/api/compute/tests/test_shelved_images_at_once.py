"""The image of a shelved server is deleted, or taken out of use, just when its server leaves or comes back: each sees what the
other has done, whichever was first."""

import pytest
from django.db import connection

from logic.compute import commands, shelves
from logic.compute.models import Shelf
from logic.errors import Conflict
from logic.image import changing, removing
from logic.image.models import Image
from logic.image.refusals import InUse
from logic.testing.worlds import ADMIN, ALICE, furnish, state
from logic.tests.meeting import during
from synnefo.api.compute.tests.test_lifecycle import shelved
from synnefo.api.compute.tests.test_offloading import offloaded, on, saved
from synnefo.api.compute.tests.test_shelved_images import unprotected

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def world(settings):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"
    if connection.vendor == "sqlite":
        pytest.skip("one transaction at a time")
    furnish()


def ready_to_leave():
    """Its image has come, and its removal is what is next."""
    server = shelved()
    saved(server)
    return server, on


def ready_to_come_back():
    server = offloaded()
    on()
    return server, lambda: commands.unshelve_server(ALICE, server.pk)


@pytest.mark.parametrize("make", [ready_to_leave, ready_to_come_back])
def test_an_image_is_not_deleted_whose_server_has_just_begun_to_need_it(make):
    _, begin = make()
    image = unprotected()
    assert isinstance(during(begin, lambda: removing.delete_image(ALICE, image)), InUse)
    assert Image.objects.filter(pk=image).exists()


def test_a_server_does_not_leave_for_an_image_that_somebody_just_deletes():
    server, begin = ready_to_leave()
    image = unprotected()
    assert during(lambda: removing.delete_image(ALICE, image), begin) is None
    assert (state(server).verb, Shelf.objects.get().step) == ("", shelves.SAVE)


@pytest.mark.parametrize("ends", [removing.delete_image, changing.deactivate])
def test_a_server_does_not_come_back_of_an_image_that_somebody_just_takes_away(ends):
    server, begin = ready_to_come_back()
    image = unprotected()
    assert isinstance(during(lambda: ends(ADMIN, image), begin), Conflict)
    assert (state(server).verb, Shelf.objects.get().step) == ("", shelves.KEPT)
