"""Exports: who is stopped for one, what waits for whoever tells the disks, and what becomes of it when that fails."""

import msgspec
import pytest

from ganeti.simulator.exporting import FAILED
from ganeti.simulator.tests.lab import SETTINGS, Lab

TELLING = msgspec.structs.replace(SETTINGS, exports=True, disk_templates=("file", "plain", "diskless"))
SLEEP = {"shutdown": True, "long_sleep": True}


@pytest.fixture
def lab():
    return Lab(TELLING)


def export(lab, **body):
    return lab.order("PUT", "/2/instances/web1/export", {"mode": "local", "destination": "node1", **body})


def told(lab, job, *, told=True):
    """Until the disks are to be told, how the guest is then; and how it ends once they are, or are not."""
    lab.settle()
    (call,) = lab.simulator.take_exports()
    assert (call.job, call.instance, call.disks) == (job, "web1", (1024,))
    meanwhile = lab.status()
    lab.now += 60
    lab.simulator.export_done(job, told=told)
    return meanwhile, lab.result(job)[0], lab.status()


def test_a_guest_whose_disks_know_no_snapshots_is_down_until_they_are_told(lab):
    lab.created()
    assert told(lab, export(lab, **SLEEP)) == ("ERROR_down", "success", "running")


def test_one_whose_disks_know_them_goes_on(lab):
    lab.created(disk_template="plain")
    assert told(lab, export(lab, shutdown=False)) == ("running", "success", "running")


def test_one_that_is_down_stays_down(lab):
    lab.created(start=False)
    assert told(lab, export(lab, shutdown=False)) == ("ADMIN_down", "success", "ADMIN_down")


def test_disks_that_are_not_told_fail_the_job_and_the_guest_runs_again(lab):
    lab.created()
    job = export(lab, **SLEEP)
    assert told(lab, job, told=False) == ("ERROR_down", "error", "running")
    assert lab.job(job)["opresult"] == [["OpExecError", [FAILED]]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"shutdown": False}, "you requested a live export"),
        ({"shutdown": True}, "--long-sleep"),
        ({"shutdown": False, "long_sleep": True}, "only makes sense when"),
        ({"destination": "nowhere"}, "Node 'nowhere' not known"),
    ],
)
def test_what_the_cluster_cannot_do_fails_and_the_guest_runs_on(lab, body, said):
    lab.created()
    status, (_, (text, *_)) = lab.result(export(lab, **body))
    assert (status, said in text, lab.status()) == ("error", True, "running")


def test_a_cluster_that_was_down_meanwhile_has_its_disks_told_again(lab):
    lab.created()
    job = export(lab, **SLEEP)
    lab.settle()
    assert len(lab.simulator.take_exports()) == 1
    lab.cluster._scheduler.resume([lab.cluster._scheduler.jobs[job]])
    assert [call.job for call in lab.simulator.take_exports()] == [job]


def test_without_anybody_to_tell_it_is_as_if_it_were_told():
    lab = Lab()
    lab.created()
    assert lab.result(export(lab, **SLEEP))[0] == "success"
