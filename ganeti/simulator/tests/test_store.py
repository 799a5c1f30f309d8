"""What a cluster was told survives it, and what it shows is never more than what it keeps."""

import sqlite3
import stat

import msgspec
import pytest

from ganeti import eventd
from ganeti.directory import QueueDirectory
from ganeti.simulator.files import DataDirectory
from ganeti.simulator.opening import DirectoryInUse, opened
from ganeti.simulator.settings import Pace
from ganeti.simulator.store import SqliteStore
from ganeti.simulator.tests.lab import SETTINGS, Lab

FAST = msgspec.structs.replace(SETTINGS, pace=Pace(factor=0))


class Disk:
    """A lab on a directory, which can be left as by a kill and entered again."""

    def __init__(self, path):
        self.path = path

    def enter(self, settings=SETTINGS):
        store = SqliteStore(self.path / "cluster.db")
        return Lab(settings, store=store, files=DataDirectory(self.path))

    def again(self, lab, settings=SETTINGS):
        """The same cluster in another process: nothing of the first was closed."""
        after = self.enter(settings)
        after.now = lab.now
        return after


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def files(path):
    return {one.name: one.read_bytes() for one in (path / "queue").glob("job-*")}


def test_instances_jobs_networks_and_identity_survive(disk):
    lab = disk.enter()
    lab.created(tags=["t"])
    lab.order("PUT", "/2/tags", tag="lab")
    lab.settle()
    after = disk.again(lab)
    for path in ("/2/info", "/2/instances/web1", "/2/jobs/1", "/2/networks/net1", "/2/nodes/node1"):
        assert after.ask("GET", path) == lab.ask("GET", path)


def test_an_accepted_job_survives_at_once(disk):
    lab = disk.enter()
    job = lab.create()
    after = disk.again(lab)
    assert after.job(job)["status"] == "queued"
    assert after.result(job) == ("success", ["node1"])


def test_at_whatever_moment_it_dies_the_job_goes_on_to_the_same_end(disk):
    lab = disk.enter()
    job = lab.create()
    moments = 0
    while lab.step():
        moments += 1
        lab = disk.again(lab)
    assert moments > 10
    assert lab.job(job)["status"] == "success"
    assert lab.status() == "running"
    serials = [entry[0] for entry in lab.job(job)["oplog"][0]]
    assert serials == list(range(1, len(serials) + 1))


def test_locks_and_lines_survive(disk):
    lab = disk.enter()
    lab.created()
    for verb in ("shutdown", "startup", "shutdown"):
        lab.order("PUT", f"/2/instances/web1/{verb}", {})
    seen = set()
    while lab.step():
        lab = disk.again(lab)
        seen.add(tuple(sorted(lab.job(job)["status"] for job in (2, 3, 4))))
    assert ("running", "waiting", "waiting") in seen
    assert all(statuses.count("running") <= 1 for statuses in seen)
    assert {lab.job(job)["status"] for job in (2, 3, 4)} == {"success"}


def test_hooks_that_had_not_ended_are_run_again(disk):
    settings = msgspec.structs.replace(SETTINGS, hooks=True)
    lab = disk.enter(settings)
    job = lab.create()
    while not lab.simulator.take_hooks():
        lab.now = lab.simulator.advance() or lab.now
    after = disk.again(lab, settings)
    assert [call.path for call in after.simulator.take_hooks()] == ["instance-add"]
    assert after.job(job)["status"] == "running"


def test_jobs_whose_processes_died_with_it_may_fail_instead(disk):
    lab = disk.enter()
    job = lab.create()
    lab.until(job, "running")
    after = disk.again(lab)
    after.simulator.kill_jobs()
    assert after.result(job) == ("error", None)


def test_job_ids_go_on_after_a_restart_and_no_identifier_comes_twice(disk):
    lab = disk.enter()
    for number in (1, 2, 3):
        lab = disk.again(lab)
        assert lab.create(f"web{number}") == number
        lab.settle()
    found = lab.ask("GET", "/2/instances", bulk="1")
    assert len({one[field][0] for one in found for field in ("nic.uuids", "disk.uuids")}) == 6


def test_archived_jobs_survive_and_stay_archived(disk):
    lab = disk.enter()
    lab.created()
    before = lab.job(1)
    lab.simulator.archive_jobs()
    after = disk.again(lab)
    assert after.ask("GET", "/2/jobs") == []
    assert after.job(1) == before
    assert (disk.path / "queue" / "archive" / "0" / "job-1").exists()


def test_a_cluster_made_anew_leaves_nothing_of_the_old_one(disk):
    lab = disk.enter()
    lab.created()
    lab.simulator.archive_jobs()
    lab.created("web2")
    lab.simulator.reinit()
    after = disk.again(lab)
    assert after.simulator.uuid == lab.simulator.uuid
    assert (after.ask("GET", "/2/instances"), after.job(1)["status"], files(disk.path)) == ([], None, {})


def test_files_that_a_kill_left_behind_are_put_right(disk):
    """Between the commit and the writing of a file, and between the commit of an archiving and the move."""
    lab = disk.enter()
    lab.created("web1")
    right = files(disk.path)
    (disk.path / "queue" / "job-1").write_bytes(b"{}")
    (disk.path / "queue" / "job-1-77-8.tmp").write_bytes(b"half")
    (disk.path / "queue" / "job-99").write_bytes(b"{}")
    disk.again(lab)
    assert files(disk.path) == right


def test_what_is_not_stored_is_neither_answered_nor_shown(disk, monkeypatch):
    lab = disk.enter()

    def full(_store, _changes):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(SqliteStore, "save", full)
    with pytest.raises(sqlite3.OperationalError):
        lab.create()
    monkeypatch.undo()
    assert files(disk.path) == {}
    assert disk.again(lab).ask("GET", "/2/jobs") == []


def test_a_commit_is_all_or_nothing(disk, monkeypatch):
    lab = disk.enter()
    lab.created()
    put = SqliteStore._put

    def dies(store, statement, rows):
        if "INTO job" in statement:
            raise sqlite3.OperationalError("disk I/O error")
        put(store, statement, rows)

    with monkeypatch.context() as broken:
        broken.setattr(SqliteStore, "_put", dies)
        with pytest.raises(sqlite3.OperationalError):
            lab.order("PUT", "/2/instances/web1/shutdown", {})
    after = disk.again(lab)
    assert len(after.ask("GET", "/2/jobs")) == 1
    assert after.order("PUT", "/2/instances/web1/shutdown", {}) == 2


def test_a_file_of_another_version_is_refused_by_name(tmp_path):
    path = tmp_path / "cluster.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ValueError, match=r"cluster\.db"):
        SqliteStore(path)


def test_state_is_private(disk):
    disk.enter()
    assert stat.S_IMODE((disk.path / "cluster.db").stat().st_mode) == 0o600


def test_a_directory_has_one_simulator_at_a_time(tmp_path):
    with opened(tmp_path / "new", FAST) as cluster:
        with pytest.raises(DirectoryInUse, match="new"), opened(tmp_path / "new", FAST):
            pass
        uuid = cluster.uuid
    with opened(tmp_path / "new", FAST) as cluster:
        assert cluster.uuid == uuid


def test_job_files_appear_by_rename_and_only_as_whole_ones(disk):
    lab = disk.enter()
    watch = QueueDirectory(disk.path / "queue")
    job = lab.create()
    lab.settle()
    watch_listing = watch.listing()
    watch.close()
    assert set(watch_listing) == {job}
    assert watch.last_job() == job
    assert [one.name for one in (disk.path / "queue").iterdir() if not one.name.startswith("job-")] != []
    assert not [one for one in (disk.path / "queue").iterdir() if one.suffix in {".tmp", ".new"}]


async def test_an_event_daemon_sees_the_changes_of_the_real_directory(disk):
    lab = disk.enter()
    watch = QueueDirectory(disk.path / "queue")
    job = lab.create()
    assert (await watch.changes(5.0)).jobs == (job,)
    lab.settle()
    assert (await watch.changes(5.0)).jobs == (job,)
    watch.close()


def test_while_queued_a_file_is_private_then_the_group_may_read(disk):
    lab = disk.enter()
    job = lab.create()
    path = disk.path / "queue" / f"job-{job}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lab.until(job, "waiting")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_event_daemon_finds_the_clusters_uuid(disk):
    lab = disk.enter()
    assert eventd.incarnation_of(disk.path / "config.data") == lab.simulator.uuid
    lab.simulator.reinit()
    assert eventd.incarnation_of(disk.path / "config.data") == lab.simulator.uuid
