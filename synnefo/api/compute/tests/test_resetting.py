"""An administrator says whether a server is in error, and its cluster how it is otherwise."""

import pytest

from logic.compute.models import Server
from logic.testing.worlds import create, running


def reset(nova, id: str, value) -> int:
    return nova.post(f"/servers/{id}/action", {"os-resetState": value}).status


def status(nova, id: str) -> str:
    return nova.get(f"/servers/{id}").json["server"]["status"]


def test_a_server_is_said_to_be_in_error_and_well_again(admin):
    id = running().pk
    assert [reset(admin, id, {"state": "error"}), status(admin, id)] == [202, "ERROR"]
    assert [reset(admin, id, {"state": "active"}), status(admin, id)] == [202, "ACTIVE"]


def test_what_is_down_is_not_active_by_being_called_so(admin):
    id = running().pk
    Server.objects.filter(pk=id).update(observed="stopped", mode="failed")
    assert [reset(admin, id, {"state": "active"}), status(admin, id)] == [202, "SHUTOFF"]


def test_what_is_being_built_or_waits_for_its_user_is_not_reset(admin):
    assert reset(admin, create().pk, {"state": "active"}) == 409
    id = create().pk
    for columns in ({"mode": "resized"}, {"mode": "failed", "observed": "none"}):
        Server.objects.filter(pk=id).update(command="", verb="", **({"observed": "running"} | columns))
        assert reset(admin, id, {"state": "active"}) == 409


@pytest.mark.parametrize("value", [None, {}, {"state": "well"}, {"state": 1}, {"state": "error", "why": ""}])
def test_a_state_that_is_none_is_refused(admin, value):
    assert reset(admin, running().pk, value) == 400


def test_it_is_for_administrators(alice, bob):
    id = running().pk
    assert [reset(one, id, {"state": "error"}) for one in (alice, bob)] == [403, 404]


def test_what_a_guest_knows_of_networks_it_has_been_told(admin, alice):
    id = running().pk
    ask = {"injectNetworkInfo": None}
    assert [one.post(f"/servers/{id}/action", ask).status for one in (admin, alice)] == [202, 403]
