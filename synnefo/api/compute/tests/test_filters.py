"""Which servers a list holds: every filter, who may use it, and what of it is ignored."""

import pytest

from logic.compute.models import Server
from logic.testing.worlds import ALICE, BOB, create, running

pytestmark = pytest.mark.every_database


@pytest.fixture
def world(cloud):
    """Two of alice's servers, one of them running, one deleted, and one of bob's."""
    active = running()
    Server.objects.filter(pk=active.pk).update(name="web-1", key_name="k", metadata={})
    fresh = create(name="db-1")
    gone = create(name="old-1")
    Server.objects.filter(pk=gone.pk).update(observed="gone", command="", verb="")
    other = create(BOB, name="web-2")
    return {"active": active.pk, "fresh": fresh.pk, "gone": gone.pk, "other": other.pk}


def names(nova, query: str) -> set[str]:
    reply = nova.get(f"/servers?{query}")
    assert reply.status == 200, reply.body
    assert [one["id"] for one in nova.get(f"/servers/detail?{query}").json["servers"]] == [
        one["id"] for one in reply.json["servers"]
    ]
    return {one["name"] for one in reply.json["servers"]}


MINE = {"web-1", "db-1"}
FOR_TENANTS = {
    "": MINE,
    "name=web": {"web-1"},
    "name=%5Eweb-%5B0-9%5D$": {"web-1"},
    "name=WEB": set(),
    "name=": MINE,
    "status=ACTIVE": {"web-1"},
    "status=active&status=build": MINE,
    "status=PAUSED": set(),
    "flavor=1": MINE,
    "flavor=2": set(),
    "image=aaaaaaaa-0000-4000-8000-000000000001": MINE,
    "image=other": set(),
    "ip=10.0.0.2": {"web-1"},
    "ip=10.0.0": MINE,
    "ip=0.0.2": set(),
    "changes-since=2001-01-01T00:00:00Z": MINE | {"old-1"},
    "changes-since=2999-01-01T00:00:00%2B01:00": set(),
    "deleted=False": MINE,
    "deleted=True": MINE,
    "all_tenants=False": MINE,
    "project_id=" + BOB.project: MINE,
    "tenant_id=" + BOB.project: MINE,
    "host=nowhere": MINE,
    "vcpus=7": MINE,
    "silly=1": MINE,
    "reservation_id=r-none": set(),
}


def test_a_tenants_list_holds_what_its_filters_let_through(world, alice):
    assert {query: names(alice, query) for query in FOR_TENANTS} == FOR_TENANTS


FROM_2_83 = {
    "key_name=k": {"web-1"},
    "user_id=alice": MINE,
    "user_id=bob": set(),
    "availability_zone=c1": MINE,
    "vm_state=active": {"web-1"},
    "vm_state=building": {"db-1"},
    "task_state=spawning": {"db-1"},
    "task_state=dancing": set(),
    "power_state=1": {"web-1"},
    "power_state=0": {"db-1"},
    "power_state=5": set(),
    "progress=0": MINE,
    "progress=50": set(),
    "config_drive=false": MINE,
    "config_drive=true": set(),
    "locked=false": MINE,
    "not-tags=red": MINE,
    "created_at=2001-01-01T00:00:00Z": set(),
    "launched_at=2001-01-01T00:00:00Z": set(),
}


def test_from_2_83_tenants_have_more_filters(world, alice):
    assert {query: names(alice(83), query) for query in FROM_2_83} == FROM_2_83


FOR_ADMINS = {
    "": set(),
    "all_tenants=1": MINE | {"web-2"},
    "all_tenants": MINE | {"web-2"},
    "all_tenants=1&project_id=" + BOB.project: {"web-2"},
    "all_tenants&tenant_id=" + BOB.project: {"web-2"},
    "tenant_id=" + BOB.project: set(),
    "project_id=" + BOB.project: set(),
    "all_tenants=1&deleted=True": {"old-1"},
    "all_tenants=1&status=DELETED": {"old-1"},
    "all_tenants=1&host=c1": MINE | {"web-2"},
    "all_tenants=1&host=c2": set(),
    "all_tenants=1&vcpus=1&memory_mb=512": MINE | {"web-2"},
    "all_tenants=1&vcpus=2": set(),
    "all_tenants=1&launch_index=0": MINE | {"web-2"},
    "all_tenants=1&access_ip_v4=192.0.2.1": set(),
}


def test_admins_have_all_filters(world, admin):
    assert {query: names(admin, query) for query in FOR_ADMINS} == FOR_ADMINS


def test_an_admin_finds_a_server_by_its_id(world, admin):
    assert names(admin, f"all_tenants=1&uuid={world['other']}") == {"web-2"}


def test_what_only_admins_may_list_is_forbidden_to_tenants(world, alice):
    replies = [alice.get(f"/servers?{query}") for query in ("all_tenants=1", "all_tenants", "status=DELETED")]
    assert {(reply.status, *reply.json) for reply in replies} == {(403, "forbidden")}


@pytest.mark.parametrize(
    "key", ["created_at", "display_name", "launched_at", "terminated_at", "uuid", "display_description"]
)
@pytest.mark.parametrize("way", ["asc", "desc"])
def test_a_page_after_each_server_is_the_rest_of_the_list(world, alice, key, way):
    """Also by dates that some servers lack."""
    create(name="third")
    query = f"/servers?sort_key={key}&sort_dir={way}"
    whole = [one["id"] for one in alice.get(query).json["servers"]]
    assert len(whole) == 3
    for place, id in enumerate(whole):
        assert [one["id"] for one in alice.get(f"{query}&marker={id}").json["servers"]] == whole[place + 1 :]


def test_the_marker_of_another_tenant_is_unknown(world, alice):
    assert alice.get(f"/servers?marker={world['other']}").status == 400


def test_alice_sees_no_server_of_bobs(world, alice):
    assert alice.get(f"/servers/{world['other']}").status == 404
    assert {one["tenant_id"] for one in alice.get("/servers/detail").json["servers"]} == {ALICE.project}


def test_an_expression_that_one_database_does_not_know_is_refused_and_breaks_nothing(alice, default_database):
    reply = alice.get("/servers?name=a%7B300%7D")
    assert reply.status == {"sqlite": 200, "postgres": 400, "mariadb": 200}[default_database]


def test_a_page_of_none_is_empty(alice, cloud):
    create()
    assert alice.get("/servers?limit=0").json == {"servers": []}
    assert alice.get("/servers/detail?limit=0").json == {"servers": []}
