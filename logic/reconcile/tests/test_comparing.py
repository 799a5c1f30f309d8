"""What goes the road after a complete look, and what is left alone because it is as it should be."""

import msgspec
import pytest

from logic import clock
from logic.compute import commands
from logic.compute.models import Server
from logic.ledger.models import Journal
from logic.messages.observations import Nic
from logic.network import commands as network
from logic.network.models import Port
from logic.reconcile import comparing, servers
from logic.testing.worlds import ALICE, accepted, create, furnish, job, running, seen, state, take, tell

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]


@pytest.fixture(autouse=True)
def world():
    return furnish()


@pytest.fixture
def server():
    """At rest, and seen since."""
    server = running()
    tell(seen(server))
    return server


def compared(*answers):
    return comparing.compared(servers.of_backend("c1"), answers)


def test_a_server_that_is_as_it_should_be_is_left_alone(server):
    found = compared(seen(server))
    assert (found.news, found.strays, dict(found.drift)) == ([], [], {})


def test_what_is_left_alone_would_change_nothing_on_the_road(server):
    before = state(server), Journal.objects.count(), Server.objects.get().look_at
    tell(seen(server))
    assert (state(server), Journal.objects.count(), Server.objects.get().look_at) == before


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("status", {"status": "stopped"}),
        ("status", {"status": "crashed"}),
        ("missing", {"exists": False}),
        ("missing", {"owner": "cccccccc-0000-4000-8000-000000000001"}),
        ("identity", {"instance_uuid": "another"}),
        ("port", {"nics": ()}),
        ("port", {"nics": (Nic(name="snf-nic-other"),)}),
    ],
)
def test_a_server_that_differs_goes_the_road_and_is_counted_by_how(server, kind, fields):
    look = seen(server, **fields)
    found = compared(look)
    assert (found.news, dict(found.drift)) == ([look], {kind: 1})


def test_the_second_look_at_what_is_missing_goes_the_road_too(server):
    tell(seen(server, exists=False))
    look = seen(server, exists=False)
    assert compared(look).news == [look]
    tell(look)
    assert state(server).fault_code == "missing"
    # Once it is known to be missing, there is nothing new in it
    Server.objects.update(look_at=None)
    assert compared(seen(server, exists=False)).news == []


def test_one_that_was_thought_lost_and_is_found_goes_the_road(server):
    for _ in range(2):
        tell(seen(server, exists=False))
    found = compared(seen(server))
    assert dict(found.drift) == {"status": 1}
    tell(*found.news)
    assert (state(server).mode, state(server).observed) == ("normal", "running")


def test_a_row_that_is_to_be_looked_at_goes_the_road_though_nothing_differs(server):
    Server.objects.update(look_at=clock.now())
    look = seen(server)
    found = compared(look)
    assert (found.news, dict(found.drift)) == ([look], {})
    Server.objects.update(look_at=None)
    Port.objects.update(look_at=clock.now())
    assert compared(look).news == [look]


def test_a_server_with_a_command_under_way_goes_the_road_and_is_no_drift(server):
    commands.stop_server(ALICE, server.pk)
    look = seen(server, "stopped")
    found = compared(look)
    assert (found.news, dict(found.drift)) == ([look], {})


def test_a_job_whose_end_nobody_told_is_counted():
    server = create()
    taken = take()
    tell(accepted(taken, 7))
    ended, waiting = (job(server, "create", 7, status, taken.command.id) for status in ("success", "running"))
    assert dict(compared(ended).drift) == {"job": 1}
    assert not +compared(waiting).drift


def test_instances_nobody_asked_about_stay_off_the_road(server):
    stray = msgspec.structs.replace(seen(server), server="", version=0)
    found = compared(stray, seen(server))
    assert (found.news, found.strays) == ([], [stray])


def test_all_of_a_cluster_is_read_with_the_same_few_queries_however_much_it_is(django_assert_num_queries):
    for number in range(3):
        running(first_job=number + 1)
    with django_assert_num_queries(3):
        known = servers.of_backend("c1")
    assert len(known.targets) == 3


def test_jobs_of_a_servers_ports_belong_to_the_server(server):
    port = Port.objects.get()
    network.unplug_port(ALICE, server.pk, port.pk)
    tell(accepted(take(), 30))
    (known,) = servers.of_backend("c1").targets
    (due,) = servers.targets([server.pk])
    assert list(known.jobs) == list(due.jobs) == [30]
