"""The life of a job: its files, its place in line, what cancels it and what it waits for."""

import json

import msgspec
import pytest

from ganeti import jobfile
from ganeti.simulator.tests.lab import SETTINGS, Lab


def test_a_start_is_six_files_queued_three_times_waiting_running_success(one):
    job = one.order("PUT", "/2/instances/web1/startup", {})
    one.settle()
    assert one.files.statuses(job) == ["queued", "queued", "queued", "waiting", "running", "success"]


def test_each_log_line_is_a_file_of_its_own(lab):
    job = lab.create()
    lab.settle()
    statuses, lines = lab.files.statuses(job), len(lab.job(job)["oplog"][0])
    assert statuses[:4] == ["queued", "queued", "queued", "waiting"]
    assert lines - 1 <= statuses.count("running") - 1 <= lines
    assert statuses[-1] == "success"


def test_only_from_waiting_on_the_jobs_own_process_writes(lab):
    lab.create()
    lab.settle()
    by_process = [(json.loads(body)["ops"][0]["status"] != "queued", process) for _, body, process in lab.files.history]
    assert all(started == process for started, process in by_process)


def test_every_version_is_understood_by_the_parser(lab):
    lab.create()
    lab.order("PUT", "/2/instances/nosuch/startup", {})
    lab.settle()
    assert {jobfile.parse(body).status for _, body, _ in lab.files.history} == {
        "queued", "waiting", "running", "success", "error",
    }  # fmt: skip


def test_while_queued_there_is_neither_instance_uuid_nor_process(one):
    job = one.order("PUT", "/2/instances/web1/startup", {})
    first = next(json.loads(body) for id, body, _ in one.files.history if id == job)
    one.settle()
    last = json.loads(one.files.live[job][0])
    assert "instance_uuid" not in first["ops"][0]["input"]
    assert "process_id" not in first
    assert last["ops"][0]["input"]["instance_uuid"] == one.instance()["uuid"]
    assert last["livelock"].startswith(f"/var/run/ganeti/livelocks/job_{job:06d}_")


def test_a_refused_opcode_never_began_to_work(lab):
    job = lab.order("DELETE", "/2/instances/nosuch")
    lab.settle()
    (op,) = json.loads(lab.files.live[job][0])["ops"]
    assert (op["status"], op["exec_timestamp"]) == ("error", None)
    assert lab.files.statuses(job)[-2:] == ["waiting", "error"]


def test_times_go_forward_within_a_job(lab):
    lab.create()
    lab.settle()
    found = json.loads(lab.files.live[1][0])
    (op,) = found["ops"]
    times = [found["received_timestamp"], op["start_timestamp"], op["exec_timestamp"]]
    times += [entry[1] for entry in op["log"]] + [op["end_timestamp"]]
    assert times == sorted(times)
    assert all(0 <= microseconds < 1_000_000 for _, microseconds in times)


def test_jobs_on_one_instance_run_one_after_the_other(one):
    jobs = [one.order("PUT", f"/2/instances/web1/{verb}", {}) for verb in ("shutdown", "startup", "shutdown")]
    seen = set()
    while one.step():
        seen.add(tuple(sorted(one.job(job)["status"] for job in jobs)))
    assert all(statuses.count("running") <= 1 for statuses in seen)
    assert ("running", "waiting", "waiting") in seen
    assert {one.job(job)["status"] for job in jobs} == {"success"}


def test_the_order_of_submission_is_not_the_order_of_execution():
    """Each job has its own process, and the first to come gets the lock."""
    ends = set()
    for seed in range(20):
        lab = Lab(seed=seed)
        lab.created()
        lab.order("PUT", "/2/instances/web1/shutdown", {})
        lab.order("PUT", "/2/instances/web1/startup", {})
        lab.settle()
        ends.add(lab.status())
    assert ends == {"running", "ADMIN_down"}


def test_jobs_on_different_instances_run_side_by_side(lab):
    jobs = [lab.create("web1"), lab.create("web2")]
    lab.until(jobs[0], "running")
    lab.until(jobs[1], "running")
    assert lab.job(jobs[0])["status"] == "running"


def test_at_most_so_many_jobs_work_at_once_and_the_rest_stays_queued():
    lab = Lab(msgspec.structs.replace(SETTINGS, max_running=2))
    jobs = [lab.create(f"web{number}") for number in range(4)]
    most = 0
    while lab.step():
        statuses = [lab.job(job)["status"] for job in jobs]
        most = max(most, statuses.count("running") + statuses.count("waiting"))
    assert most == 2
    assert {lab.job(job)["status"] for job in jobs} == {"success"}


def test_cancelling_a_queued_job_dequeues_it(one):
    first = one.order("PUT", "/2/instances/web1/shutdown", {})
    second = one.order("PUT", "/2/instances/web1/startup", {"depends": [[first, ["success"]]]})
    assert one.ask("DELETE", f"/2/jobs/{second}") == [True, f"Dequeued job {second}"]
    one.settle()
    assert one.job(second)["status"] == "canceled"
    assert one.job(second)["opresult"] == [None]
    assert one.status() == "ADMIN_down"


def test_cancelling_a_job_that_waits_for_its_lock_ends_it(one):
    first = one.order("PUT", "/2/instances/web1/shutdown", {})
    one.until(first, "running")
    second = one.order("PUT", "/2/instances/web1/startup", {})
    one.until(second, "waiting")
    assert one.ask("DELETE", f"/2/jobs/{second}") == [True, "Job successfully cancelled"]
    assert one.files.statuses(second)[-2:] == ["canceling", "canceled"]
    third = one.order("PUT", "/2/instances/web1/startup", {})
    assert one.result(third) == ("success", None)
    assert one.job(second)["status"] == "canceled"


def test_cancelling_a_running_job_only_informs_it(one):
    job = one.order("PUT", "/2/instances/web1/shutdown", {})
    one.until(job, "running")
    assert one.ask("DELETE", f"/2/jobs/{job}") == [
        False,
        "Job no longer waiting, can't cancel (informed it anyway)",
    ]
    assert one.result(job) == ("success", None)


def test_cancelling_a_job_that_has_ended_changes_nothing(one):
    before = one.job(1)
    one.ask("DELETE", "/2/jobs/1")
    assert one.job(1) == before


def test_an_unknown_job_cannot_be_cancelled(lab):
    assert lab.send("DELETE", "/2/jobs/7").status == 404


def test_a_job_stays_queued_until_those_it_depends_on_have_ended(one):
    first = one.order("PUT", "/2/instances/web1/shutdown", {})
    second = one.order("DELETE", "/2/instances/web1", {"depends": [[first, ["success", "error", "canceled"]]]})
    while one.job(first)["status"] != "success":
        assert one.job(second)["status"] == "queued"
        one.step()
    assert one.result(second) == ("success", None)


@pytest.mark.parametrize(("wanted", "ends"), [([], "success"), (["error"], "success"), (["success"], "error")])
def test_a_dependency_must_end_as_wanted(one, wanted, ends):
    failing = one.order("PUT", "/2/instances/nosuch/startup", {})
    job = one.order("PUT", "/2/instances/web1/startup", {"depends": [[failing, wanted]]})
    assert one.result(job)[0] == ends


def test_a_failed_dependency_is_named_in_the_error(one):
    failing = one.order("PUT", "/2/instances/nosuch/startup", {})
    job = one.order("PUT", "/2/instances/web1/startup", {"depends": [[failing, ["success"]]]})
    kind, (said,) = one.result(job)[1]
    assert kind == "OpExecError"
    assert said == f"Dependency job {failing} finished with status 'error', not one of 'success' as required"


def test_a_cancelled_dependency_cancels(one):
    first = one.order("PUT", "/2/instances/web1/shutdown", {})
    second = one.order("PUT", "/2/instances/web1/startup", {"depends": [[first, ["success"]]]})
    third = one.order("PUT", "/2/instances/web1/startup", {"depends": [[second, ["success"]]]})
    one.ask("DELETE", f"/2/jobs/{second}")
    assert one.result(third) == ("canceled", "Job canceled by request")


def test_an_archived_dependency_counts_as_it_ended(one):
    one.simulator.archive_jobs()
    job = one.order("PUT", "/2/instances/web1/startup", {"depends": [[1, ["success"]]]})
    assert one.result(job) == ("success", None)


def test_a_dependency_that_never_was_is_an_error(one):
    job = one.order("PUT", "/2/instances/web1/startup", {"depends": [[999, ["success"]]]})
    assert one.result(job)[0] == "error"


def test_a_dry_run_succeeds_and_does_nothing(one):
    job = one.order("PUT", "/2/instances/web1/shutdown", {}, dry_run="1")
    assert one.result(job) == ("success", None)
    assert one.job(job)["ops"][0]["dry_run"] is True
    assert one.status() == "running"
    assert [entry[3] for entry in one.job(job)["oplog"][0]] == [
        " - INFO: dry-run mode requested, not actually executing the operation"
    ]


def test_a_reinstall_is_one_job_of_three_opcodes(one):
    job = one.order("POST", "/2/instances/web1/reinstall", {"os": "fedora"})
    one.settle()
    found = one.job(job)
    assert [op["OP_ID"] for op in found["ops"]] == [
        "OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_REINSTALL", "OP_INSTANCE_STARTUP",
    ]  # fmt: skip
    assert found["opstatus"] == ["success"] * 3
    assert (one.status(), one.instance()["os"]) == ("running", "fedora")


def test_when_an_opcode_fails_those_after_it_fail_with_it(one):
    job = one.order("POST", "/2/instances/nosuch/reinstall", {})
    one.settle()
    found = one.job(job)
    assert found["opstatus"] == ["error"] * 3
    assert found["opresult"][1:] == [["OpExecError", ["Preceding opcode failed"]]] * 2


def test_when_the_processes_die_ganeti_notices_and_fails_their_jobs(one):
    working = one.order("PUT", "/2/instances/web1/shutdown", {})
    one.until(working, "running")
    one.simulator.kill_jobs()
    assert one.result(working) == ("error", None)
    assert one.job(working)["ops"][0]["reason"][-1][0] == "gnt:daemon:luxid:deathdetection"
    assert one.result(one.order("PUT", "/2/instances/web1/startup", {})) == ("success", None)


def test_old_jobs_are_put_away_by_themselves():
    lab = Lab(msgspec.structs.replace(SETTINGS, archive_after=3600.0))
    lab.created()
    lab.now += 3601
    assert lab.ask("GET", "/2/jobs") == []
    assert lab.job(1)["status"] == "success"
