"""The road of a server: request, command, claim, job, observation, reaction, journal."""

import pytest

from logic.compute import commands, queries
from logic.compute.commands import NewServer
from logic.compute.listing import ServerFilter
from logic.compute.models import Server
from logic.compute.states import Observed
from logic.errors import BadRequest, Conflict, Forbidden, NotFound, QuotaExceeded
from logic.ledger.claiming import claim
from logic.ledger.models import Command, Journal, Parked, Quarantine
from logic.network.commands import NewNic
from logic.network.models import Address, Port
from logic.quota import queries as quota
from logic.testing.worlds import (
    ALICE,
    BOB,
    IMAGE,
    NETWORK,
    READER,
    accepted,
    create,
    furnish,
    job,
    running,
    seen,
    state,
    take,
    tell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


def test_a_created_server_is_building_until_its_job_succeeds():
    # Given a server just asked for
    server = create()
    assert queries.server(ALICE, server.pk).status == "BUILD"
    # When its job runs and succeeds
    taken = take()
    tell(accepted(taken, 7), job(server, "create", 7, "running", taken.command.id))
    assert queries.server(ALICE, server.pk).status == "BUILD"
    tell(job(server, "create", 7, "success", taken.command.id))
    # Then it is active, and nothing is in flight
    info = queries.server(ALICE, server.pk)
    assert (info.status, info.task) == ("ACTIVE", None)
    assert Command.objects.get().outcome == "success"


def test_a_new_server_has_an_address_a_port_and_counts_against_the_quota():
    server = create()
    info = queries.server(ALICE, server.pk)
    assert [one.ip for one in info.addresses] == ["10.0.0.2"]
    assert quota.used(ALICE.project, "servers") == 1
    assert quota.used(ALICE.project, "ports") == 1


def test_a_built_server_has_its_port_plugged_at_once():
    running()
    assert Port.objects.get().observed == "plugged"


@pytest.mark.parametrize("ip", ["10.0.0.1", "10.0.0.0", "10.0.0.255", "10.0.9.9", "rubbish"])
def test_a_tenant_cannot_take_the_gateways_or_a_strange_address(ip):
    wanted = NewServer(name="x", flavor="1", image=IMAGE, nics=[NewNic(network=NETWORK, fixed_ip=ip)])
    with pytest.raises(BadRequest):
        commands.create_servers(ALICE, wanted)
    assert not Server.objects.exists()


def test_a_quota_refusal_tells_what_the_whole_request_asked_for():
    with pytest.raises(QuotaExceeded) as refusal:
        commands.create_servers(ALICE, NewServer(name="x", flavor="1", image=IMAGE, count=11))
    assert refusal.value.facts["requested"] == 11
    assert refusal.value.facts["used"] == 0


def test_a_failed_build_is_an_error_with_the_reason_for_the_tenant():
    server = create()
    taken = take()
    tell(job(server, "create", 7, "error", taken.command.id, error="No node has room", error_code="temp_insufficient"))
    info = queries.server(ALICE, server.pk)
    assert info.status == "ERROR"
    assert info.fault.message == "No node has room"


@pytest.mark.parametrize(
    ("verb", "call", "opcode", "status"),
    [
        ("stop", lambda id: commands.stop_server(ALICE, id), "stop", "SHUTOFF"),
        ("reboot", lambda id: commands.reboot_server(ALICE, id, hard=False), "reboot", "ACTIVE"),
        ("reboot-hard", lambda id: commands.reboot_server(ALICE, id, hard=True), "reboot", "ACTIVE"),
    ],
)
def test_each_action_ends_in_its_state(verb, call, opcode, status):
    server = running()
    call(server.pk)
    taken = take()
    assert state(server).verb == verb
    tell(accepted(taken, 9), job(server, opcode, 9, "success", taken.command.id))
    assert queries.server(ALICE, server.pk).status == status


def test_a_stopped_server_can_be_started():
    server = running()
    tell(job(server, "stop", 5, "success"))
    commands.start_server(ALICE, server.pk)
    taken = take()
    tell(job(server, "start", 9, "success", taken.command.id))
    assert queries.server(ALICE, server.pk).status == "ACTIVE"


def test_a_deleted_server_is_gone_and_gives_back_what_it_held():
    server = running()
    commands.delete_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "delete", 9, "success", taken.command.id))
    with pytest.raises(NotFound):
        queries.server(ALICE, server.pk)
    assert quota.used(ALICE.project, "servers") == 0
    assert quota.used(ALICE.project, "ports") == 0
    assert not Address.objects.exists()
    assert Port.objects.get().observed == "gone"


def test_another_tenants_server_is_as_unknown_as_one_that_never_was():
    server = running()
    with pytest.raises(NotFound) as theirs:
        commands.stop_server(BOB, server.pk)
    with pytest.raises(NotFound) as nobodys:
        commands.stop_server(BOB, "cccccccc-0000-4000-8000-000000000001")
    assert str(theirs.value).replace(server.pk, "") == str(nobodys.value).replace(
        "cccccccc-0000-4000-8000-000000000001", ""
    )


def test_a_reader_may_look_but_not_touch():
    server = running()
    assert queries.server(READER, server.pk).id == server.pk
    with pytest.raises(Forbidden):
        commands.stop_server(READER, server.pk)


def test_a_refused_request_writes_nothing():
    server = running()
    before = Journal.objects.count(), Command.objects.count()
    with pytest.raises(Conflict):
        commands.start_server(ALICE, server.pk)
    assert (Journal.objects.count(), Command.objects.count()) == before


def test_over_the_quota_nothing_is_made(settings):
    settings.QUOTAS = {"servers": 1}
    create()
    with pytest.raises(QuotaExceeded):
        create(name="second")
    assert Server.objects.count() == 1
    assert Port.objects.count() == 1


def test_what_happened_can_be_read_in_the_journal_with_its_cause():
    server = running()
    commands.stop_server(ALICE, server.pk)
    taken = take()
    tell(job(server, "stop", 9, "success", taken.command.id))
    lines = Journal.objects.filter(resource=server.pk).order_by("id")
    assert [line.what for line in lines] == ["made", "create", "accepted", "job.success", "stop", "job.success"]
    assert {line.request for line in lines if line.what == "stop"} == {"req-1"}
    assert lines.last().job == 9


def test_replaying_the_journal_gives_the_state_columns():
    server = running()
    commands.stop_server(ALICE, server.pk)
    taken = take()
    tell(accepted(taken, 9), job(server, "stop", 9, "success", taken.command.id))
    tell(seen(server, "stopped"))
    replayed = {}
    for line in Journal.objects.filter(resource=server.pk).order_by("id"):
        replayed |= line.changes
    row = Server.objects.get(pk=server.pk)
    assert replayed == {name: getattr(row, name) for name in replayed}
    assert set(replayed) >= {"observed", "command", "verb", "version", "fence_job", "backend_uuid"}


def test_a_list_filtered_by_status_holds_exactly_the_servers_that_say_it():
    building, active = create(name="one"), None
    taken = take()
    active = building
    tell(job(active, "create", 3, "success", taken.command.id))
    fresh = create(name="two")
    for word in ("ACTIVE", "BUILD", "SHUTOFF", "ERROR", "REBOOT", "DELETED"):
        found = {info.id for info in queries.servers(ALICE, ServerFilter(status=[word]))}
        said = {info.id for info in queries.servers(ALICE) if info.status == word}
        assert found == said
    assert {fresh.pk, active.pk} == {info.id for info in queries.servers(ALICE)}


def test_nothing_is_claimed_twice():
    create()
    assert len(claim("one", limit=10, lease=60)) == 1
    assert claim("two", limit=10, lease=60) == []


def test_no_message_disappears_without_a_trace():
    server = running()
    counts = tell(job(server, "stop", 9, "success", instance_uuid=""))
    assert counts == {"applied": 1}
    stranger = Server(number=999)
    assert tell(job(stranger, "stop", 10, "success")) == {"parked": 1}
    assert Parked.objects.count() == 1
    assert Quarantine.objects.count() == 0
    assert state(server).observed == Observed.STOPPED
