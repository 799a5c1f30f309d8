"""What goes wrong goes wrong as planned, and otherwise nothing does."""

import asyncio

import pytest

from ganeti.simulator.chance import Chance
from ganeti.simulator.faults import Fault, Faults, Rates
from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.tests.lab import Lab
from ganeti.transport import NotSent, ReplyLost


def start(lab):
    return lab.send("PUT", "/2/instances/web1/startup", {})


def test_without_a_plan_nothing_goes_wrong():
    faults = Faults(Chance(1))
    assert not any(faults.request("PUT", "/2/x") or faults.job("OP", "x") or faults.guest("x") for _ in range(1000))


def test_a_refused_request_is_a_503_and_no_job(one):
    one.faults.plan(Fault(kind="refuse", match="PUT"))
    assert start(one).status == 503
    assert len(one.ask("GET", "/2/jobs")) == 1


def test_a_dropped_connection_is_not_sent_and_no_job(one):
    one.faults.plan(Fault(kind="drop", match="PUT"))
    with pytest.raises(NotSent):
        start(one)
    assert len(one.ask("GET", "/2/jobs")) == 1


def test_a_cut_answer_is_lost_but_the_job_is_there(one):
    one.faults.plan(Fault(kind="cut", match="PUT"))
    with pytest.raises(ReplyLost):
        start(one)
    assert len(one.ask("GET", "/2/jobs")) == 2


def test_a_slow_answer_takes_its_time(one):
    one.faults.plan(Fault(kind="delay", match="PUT", seconds=3))
    assert start(one).status == 200
    assert one.pauses == [3]


def test_an_answer_slower_than_the_callers_patience_is_lost(one):
    one.faults.plan(Fault(kind="delay", match="PUT", seconds=100))
    with pytest.raises(ReplyLost):
        start(one)
    assert one.pauses == [30.0]
    assert len(one.ask("GET", "/2/jobs")) == 2


def test_a_fault_fires_as_often_as_planned_and_only_where_it_matches(one):
    one.faults.plan(Fault(kind="refuse", match="PUT /2/instances/web1", times=2))
    assert one.send("GET", "/2/info").status == 200
    assert [start(one).status for _ in range(3)] == [503, 503, 200]


def test_a_job_fails_as_planned(one):
    one.faults.plan(Fault(kind="fail", match="OP_INSTANCE_SHUTDOWN web1", message="no power"))
    job = one.order("PUT", "/2/instances/web1/shutdown", {})
    assert one.result(job) == ("error", ["OpExecError", ["no power"]])
    assert one.result(one.order("PUT", "/2/instances/web1/startup", {})) == ("success", None)


def test_a_creation_that_fails_leaves_an_instance_or_not():
    left = set()
    for seed in range(30):
        lab = Lab(seed=seed)
        lab.faults.plan(Fault(kind="fail", match="OP_INSTANCE_CREATE"))
        assert lab.result(lab.create())[0] == "error"
        left.add(len(lab.ask("GET", "/2/instances")))
    assert left == {0, 1}


@pytest.mark.parametrize("kind", ["crash", "power_off"])
def test_a_guest_stops_by_itself_some_time_after_its_start(lab, kind):
    lab.faults.plan(Fault(kind=kind, match="web1", seconds=60))
    lab.create()
    lab.until(1, "success")
    assert lab.status() == "running"
    lab.settle()
    assert lab.status() == "ERROR_down"
    assert len(lab.ask("GET", "/2/jobs")) == 1


def test_a_guest_that_was_stopped_in_time_has_no_fate(lab):
    lab.faults.plan(Fault(kind="crash", seconds=3600))
    lab.create()
    lab.until(1, "success")
    lab.order("PUT", "/2/instances/web1/shutdown", {})
    lab.settle()
    assert lab.status() == "ADMIN_down"


def test_seeded_faults_happen_about_as_often_as_told():
    faults = Faults(Chance(7), Rates(refuse=0.2))
    hit = sum(faults.request("GET", "/2/info") is not None for _ in range(1000))
    assert 150 < hit < 250


def test_the_same_seed_gives_the_same_faults():
    def drawn(seed):
        faults = Faults(Chance(seed), Rates(refuse=0.2, cut=0.1, delay=0.1))
        return [faults.request("GET", "/2/info") for _ in range(200)]

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_when_the_faults_stop_all_is_well(one):
    one.faults.plan(Fault(kind="refuse", times=10))
    one.faults.stop()
    assert start(one).status == 200


async def told(watch):
    return (await watch.changes(0.01)).jobs


def write(files, *jobs):
    for job in jobs:
        files.write(job, b"{}", by_process=True)


async def test_a_watch_is_told_each_changed_job_once_a_look():
    files = MemoryFiles()
    watch = files.watch()
    write(files, 7, 7, 8)
    assert await told(watch) == (7, 8)
    assert await told(watch) == ()


async def test_a_watch_waits_for_the_first_change():
    files = MemoryFiles()
    watch = files.watch()
    asyncio.get_running_loop().call_soon(write, files, 7)
    assert (await watch.changes(5.0)).jobs == (7,)


@pytest.mark.parametrize(("kind", "heard"), [("lose", [(8,), ()]), ("double", [(7, 8), (7,)]), ("late", [(8,), (7,)])])
async def test_notices_are_lost_doubled_and_late_but_files_never_lie(kind, heard):
    faults = Faults(Chance(1))
    faults.plan(Fault(kind=kind, match="job-7"))
    files = MemoryFiles(faults)
    watch = files.watch()
    write(files, 7, 8)
    assert [await told(watch), await told(watch)] == heard
    assert set(watch.listing()) == {7, 8}
    assert watch.read(7) == b"{}"


async def test_a_late_notice_comes_even_if_nothing_else_does():
    faults = Faults(Chance(1))
    faults.plan(Fault(kind="late"))
    files = MemoryFiles(faults)
    watch = files.watch()
    write(files, 7)
    assert await told(watch) == (7,)


def test_a_queued_jobs_file_cannot_be_read_and_an_archived_ones_can():
    files = MemoryFiles()
    watch = files.watch()
    files.write(7, b"{}", by_process=False)
    with pytest.raises(PermissionError):
        watch.read(7)
    write(files, 7)
    files.archive(7)
    assert watch.read(7) == b"{}"
    assert watch.listing() == {}
    assert watch.read(9) is None


def test_a_closed_watch_hears_nothing_more():
    files = MemoryFiles()
    watch = files.watch()
    watch.close()
    watch.close()
    write(files, 7)
    assert files.watch().listing() == {7: "1"}


def test_a_stale_answer_is_the_one_of_the_last_time_and_orders_are_never_stale(one):
    before = one.ask("GET", "/2/jobs")
    one.faults.plan(Fault(kind="stale", match="/2/jobs"), Fault(kind="stale", match="PUT"))
    assert start(one).status == 200
    assert one.ask("GET", "/2/jobs") == before
    assert len(one.ask("GET", "/2/jobs")) == len(before) + 1


def test_what_was_never_asked_is_answered_truly(one):
    one.faults.plan(Fault(kind="stale"))
    assert one.ask("GET", "/2/jobs") is not None
