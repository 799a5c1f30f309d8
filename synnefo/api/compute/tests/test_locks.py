"""A locked server is changed by nobody but administrators, until it is unlocked."""

import pytest

from logic.testing.worlds import running
from synnefo.api.compute.tests.conftest import Nova


@pytest.fixture
def server(cloud) -> str:
    return f"/servers/{running().pk}"


def act(api: Nova, server: str, action: str, value=None) -> int:
    return api.post(f"{server}/action", {action: value}).status


def shown(api: Nova, server: str) -> tuple[bool, str | None]:
    view = api(96).get(server).json["server"]
    return view["locked"], view["locked_reason"]


def test_a_server_shows_its_lock_and_why(alice, server):
    assert shown(alice, server) == (False, None)
    assert act(alice(73), server, "lock", {"locked_reason": "in use"}) == 202
    assert shown(alice, server) == (True, "in use")
    assert act(alice, server, "unlock") == 202
    assert shown(alice, server) == (False, None)


@pytest.mark.parametrize("value", [{"locked_reason": ""}, {"locked_reason": "x" * 256}, {"why": "x"}, [1]])
def test_a_reason_that_is_none_is_refused(alice, server, value):
    assert [act(alice(73), server, "lock", value), shown(alice, server)] == [400, (False, None)]


def test_below_2_73_a_lock_has_no_reason(alice, server):
    assert act(alice(72), server, "lock", {"locked_reason": "x"}) == 400


@pytest.mark.parametrize(
    "ask",
    [
        lambda api, server: act(api, server, "os-stop"),
        lambda api, server: act(api, server, "reboot", {"type": "HARD"}),
        lambda api, server: act(api, server, "resize", {"flavorRef": "1"}),
        lambda api, server: api.delete(server).status,
        lambda api, server: api.post(f"{server}/metadata", {"metadata": {"a": "b"}}).status,
        lambda api, server: api.post(f"{server}/os-interface", {"interfaceAttachment": {}}).status,
    ],
    ids=["stop", "reboot", "resize", "delete", "metadata", "interface"],
)
def test_a_locked_server_is_not_changed_by_its_owner(alice, server, ask):
    act(alice, server, "lock")
    assert ask(alice, server) == 409


def test_a_locked_server_is_renamed_and_tagged_by_its_owner(alice, server):
    act(alice, server, "lock")
    assert alice.put(server, {"server": {"name": "new"}}).status == 200
    assert alice(26).put(f"{server}/tags/red").status == 201


def test_administrators_go_past_a_lock(alice, admin, server):
    act(alice, server, "lock")
    assert act(admin, server, "os-stop") == 202


def test_what_an_administrator_has_locked_only_one_unlocks(alice, admin, server):
    act(admin(73), server, "lock", {"locked_reason": "unpaid"})
    assert act(alice(73), server, "lock", {"locked_reason": "mine"}) == 202
    assert shown(alice, server) == (True, "unpaid")
    assert [act(alice, server, "unlock"), act(admin, server, "unlock")] == [403, 202]


def test_another_project_cannot_lock(bob, server):
    assert act(bob, server, "lock") == 404


def test_locked_servers_are_found_and_sorted(alice, server):
    running(first_job=7)
    act(alice, server, "lock")
    id = server.rpartition("/")[2]
    assert [one["id"] for one in alice(73).get("/servers?locked=true").json["servers"]] == [id]
    found = alice(73).get("/servers?sort_key=locked&sort_dir=desc").json["servers"]
    assert found[0]["id"] == id
    assert alice(72).get("/servers?sort_key=locked").status == 400
