"""Why a shelved server has not left its cluster, in its timeline."""

import pytest

from logic.compute import offloading
from logic.image import removing
from logic.image.models import Capture
from logic.ledger import beginning
from logic.testing.worlds import ALICE, seen, tell
from synnefo.api.compute.tests.test_actions import act
from synnefo.api.compute.tests.test_lifecycle import done, shelved, stopped
from synnefo.api.compute.tests.test_offloading import EXPORT, REMOVE, REMOVED, SAVED, image, on, saved

STAYS = "The server stays on its cluster: "
STARTED = f"{STAYS}it was started on its cluster"


@pytest.fixture(autouse=True)
def definition(settings, cloud):
    settings.NODES_BRING_DISKS, settings.GANETI_OS_PROVIDER = True, "synnefo-image+default"


def timeline(nova, server, event="shelve"):
    """Of each such action its message, its event's result and what that says."""
    path = f"/servers/{server.pk}/os-instance-actions"
    found = [one for one in nova(84).get(path).json["instanceActions"] if one["action"] == event]
    shown = [nova(84).get(f"{path}/{one['request_id']}").json["instanceAction"]["events"][0] for one in found]
    return [(one["message"], event["result"], event["details"]) for one, event in zip(found, shown, strict=True)]


def started_meanwhile(server):
    tell(seen(server, "running"))
    on()


def test_a_shelving_that_came_to_nothing_says_so_and_why(alice):
    server = shelved()
    on()
    assert timeline(alice, server) == [(None, "Success", None)], "so far"
    for number in range(offloading.MOST):
        done(server, SAVED + number, EXPORT, "error", error="no API answers")
        removing.remove(image())
        Capture.objects.all().delete()
        on(times=2)
    ((message, result, why),) = timeline(alice, server)
    assert (message, result) == ("Error", "Error")
    assert why == f"{STAYS}no image of it could be made: no API answers"


def test_so_does_that_of_one_that_was_down_and_administrators_see_it_in_each_version(alice, admin):
    server = stopped()
    act(alice, server.pk, shelve=None)
    saved(server)
    started_meanwhile(server)
    assert timeline(alice, server) == [("Error", "Error", STARTED)]
    path = f"/servers/{server.pk}/os-instance-actions"
    (request,) = [one["request_id"] for one in alice.get(path).json["instanceActions"] if one["action"] == "shelve"]
    assert "events" not in alice.get(f"{path}/{request}").json["instanceAction"]
    (event,) = admin.get(f"{path}/{request}").json["instanceAction"]["events"]
    assert (event["result"], event["traceback"]) == ("Error", STARTED)


def test_one_that_was_to_leave_some_time_was_shelved_all_right_and_its_leaving_failed(alice, settings):
    settings.SHELVED_OFFLOAD_TIME = 3600
    server = shelved()
    saved(server)
    started_meanwhile(server)
    assert timeline(alice, server) == [(None, "Success", None)]
    assert timeline(alice, server, "shelveOffload") == [("Error", "Error", STARTED)]


def test_what_an_administrator_has_asked_for_is_told_under_its_request(alice, admin, settings):
    settings.SHELVED_OFFLOAD_TIME = -1
    server = shelved()
    assert act(admin, server.pk, shelveOffload=None).status == 202
    done(server, SAVED, EXPORT)
    started_meanwhile(server)
    assert timeline(alice, server) == [(None, "Success", None)]
    assert timeline(alice, server, "shelveOffload") == [("Error", "Error", STARTED)]


def test_one_that_has_left_after_all_says_nothing_of_it(alice):
    server = shelved()
    saved(server)
    beginning.note(ALICE, "server", server.pk, offloading.STAYS, "for now")
    assert timeline(alice, server) == [("Error", "Error", f"{STAYS}for now")]
    on()
    done(server, REMOVED, REMOVE)
    assert timeline(alice, server) == [(None, "Success", None)]
