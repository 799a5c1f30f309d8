"""What a project has used, out of the rows of its servers; and what else is told of a server in figures."""

import datetime

import pytest

from logic.compute.models import Server
from logic.testing.worlds import ALICE, BOB, NETWORK, create, running

PATH = f"/os-simple-tenant-usage/{ALICE.project}"
DAY = "start=2026-01-01T00:00:00&end=2026-01-02T00:00:00"


def ran(hour: int, until: int | None = None, name: str = "demo", owner=ALICE) -> Server:
    """From that hour of the day on."""
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    row = create(owner, name)
    ended = None if until is None else day + datetime.timedelta(hours=until)
    Server.objects.filter(pk=row.pk).update(launched_at=day + datetime.timedelta(hours=hour), terminated_at=ended)
    return row


def test_each_resource_is_counted_by_its_hours(alice):
    ran(-5, 6)
    ran(20, 30)
    used = alice.get(f"{PATH}?{DAY}").json["tenant_usage"]
    assert (used["total_hours"], used["total_vcpus_usage"], used["total_memory_mb_usage"]) == (10, 10, 5120)
    assert [(one["hours"], one["state"], one["uptime"]) for one in used["server_usages"]] in (
        [(6, "terminated", 39600), (4, "terminated", 36000)],
        [(4, "terminated", 36000), (6, "terminated", 39600)],
    )


def test_what_was_over_before_or_came_after_or_never_ran_is_not_counted(alice):
    ran(-5, -1)
    ran(30)
    create()
    assert alice.get(f"{PATH}?{DAY}").json == {"tenant_usage": {}}


def test_what_still_runs_is_counted_to_the_end_of_the_span(alice):
    ran(23)
    assert alice.get(f"{PATH}?{DAY}").json["tenant_usage"]["total_hours"] == 1


def test_pages_follow_each_other(alice):
    ids = sorted(ran(1).pk for _ in range(3))
    seen, path = [], f"{PATH}?{DAY}&limit=2"
    while path:
        page = alice(40).get(path).json
        seen += [one["instance_id"] for one in page["tenant_usage"]["server_usages"]] if page["tenant_usage"] else []
        links = page.get("tenant_usage_links", [])
        path = links[0]["href"].partition("/v2.1")[2] if links else ""
    assert seen == ids


def test_administrators_see_all_projects_and_others_their_own(alice, bob, admin):
    ran(1, 2)
    ran(1, 3, owner=BOB)
    found = admin.get(f"/os-simple-tenant-usage?{DAY}&detailed=1").json["tenant_usages"]
    assert [(one["tenant_id"], one["total_hours"]) for one in found] == [(ALICE.project, 1), (BOB.project, 2)]
    assert all(len(one["server_usages"]) == 1 for one in found)
    assert [alice.get("/os-simple-tenant-usage").status, bob.get(f"{PATH}?{DAY}").status] == [403, 403]


@pytest.mark.parametrize(
    "query", ["start=2026-01-02T00:00:00&end=2026-01-01T00:00:00", "start=today", f"{DAY}&marker=x"]
)
def test_a_span_that_is_none_is_refused(alice, query):
    assert alice(40).get(f"{PATH}?{query}").status == 400


def test_nobody_audits(admin, alice):
    log = admin.get("/os-instance_usage_audit_log").json["instance_usage_audit_logs"]
    assert (log["hosts_not_run"], log["num_hosts_done"]) == (["c1"], 0)
    log = admin.get("/os-instance_usage_audit_log/2026-03-15 12:00:00").json["instance_usage_audit_log"]
    assert (log["period_beginning"], log["period_ending"]) == ("2026-02-01 00:00:00", "2026-03-01 00:00:00")
    assert admin.get("/os-instance_usage_audit_log/never").status == 400
    assert alice.get("/os-instance_usage_audit_log").status == 403


def test_diagnostics_tell_administrators_what_a_server_is_made_of(alice, admin):
    id = running().pk
    told = admin(48).get(f"/servers/{id}/diagnostics").json
    assert (told["state"], told["num_cpus"], told["num_nics"], told["num_disks"]) == ("running", 1, 1, 1)
    assert told["memory_details"] == {"maximum": 512, "used": None}
    assert alice.get(f"/servers/{id}/diagnostics").status == 403
    assert admin.get(f"/servers/{create().pk}/diagnostics").json["state"] == "pending"


def test_a_guest_leaves_no_password(alice):
    path = f"/servers/{running().pk}/os-server-password"
    assert alice.get(path).json == {"password": ""}
    assert alice.delete(path).status == 204


def test_networks_are_shown_to_clients_that_know_no_other_service(alice):
    assert alice.get("/os-tenant-networks").json == {"networks": [{"id": NETWORK, "label": "net", "cidr": None}]}
    assert alice.get(f"/os-networks/{NETWORK}").json["network"]["label"] == "net"
    assert [alice(36).get(path).status for path in ("/os-networks", f"/os-tenant-networks/{NETWORK}")] == [404, 404]


def test_of_no_project_there_is_no_usage(alice, admin):
    assert [one.get("/os-simple-tenant-usage/").status for one in (alice, admin)] == [404, 404]
