"""The queue directory: exactly the renames of job files are seen, and a file is found wherever Ganeti keeps it."""

from pathlib import Path

import pytest

from ganeti.directory import QueueDirectory

KERNEL_LIMIT = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


@pytest.fixture
def queue(tmp_path):
    (tmp_path / "archive" / "0").mkdir(parents=True)
    directory = QueueDirectory(tmp_path)
    yield directory
    directory.close()


def write(folder, name, body=b"{}", *, through="job-x.tmp"):
    """As Ganeti does: another name, then a rename."""
    (folder / through).write_bytes(body)
    (folder / through).rename(folder / name)


async def test_a_rename_to_a_jobs_name_is_a_change(queue, tmp_path):
    write(tmp_path, "job-7", through="job-6-31301-20.tmp")
    assert (await queue.changes(5.0)).jobs == (7,)


async def test_several_writings_of_one_job_are_one_change(queue, tmp_path):
    for _ in range(3):
        write(tmp_path, "job-7")
    write(tmp_path, "job-8")
    assert (await queue.changes(5.0)).jobs == (7, 8)


async def test_other_names_and_other_ways_of_writing_are_none(queue, tmp_path):
    for name in ("serial", "job-63xqyp2vy.new", "job-6-31301-20.tmp2", "xjob-7", "job-", "job-٧"):  # noqa: RUF001
        write(tmp_path, name)
    (tmp_path / "job-9").write_bytes(b"{}")
    (tmp_path / "job-9").rename(tmp_path / "archive" / "0" / "job-9")
    assert (await queue.changes(0.05)).jobs == ()


async def test_waiting_ends_when_its_time_is_over_and_nothing_is_lost_by_it(queue, tmp_path):
    assert (await queue.changes(0.01)).jobs == ()
    write(tmp_path, "job-7")
    assert (await queue.changes(5.0)).jobs == (7,)


async def test_an_overflow_of_the_kernels_queue_says_that_there_may_be_more(queue, tmp_path):
    before = tmp_path / "job-0"
    before.write_bytes(b"{}")
    for number in range(1, KERNEL_LIMIT + 10):
        before = before.rename(tmp_path / f"job-{number}")
    changes = await queue.changes(1.0)
    while changes.jobs and not changes.missed:
        changes = await queue.changes(1.0)
    assert changes.missed


async def test_a_directory_that_goes_away_is_an_error(tmp_path):
    folder = tmp_path / "queue"
    folder.mkdir()
    directory = QueueDirectory(folder)
    folder.rmdir()
    with pytest.raises(OSError, match="no longer there"):
        await directory.changes(5.0)
    directory.close()


def test_a_directory_that_is_not_there_cannot_be_watched(tmp_path):
    with pytest.raises(OSError):
        QueueDirectory(tmp_path / "nowhere")


def test_the_listing_changes_with_each_writing(queue, tmp_path):
    write(tmp_path, "job-7")
    write(tmp_path, "serial", b"7\n")
    before = queue.listing()
    write(tmp_path, "job-7")
    assert list(before) == [7]
    assert queue.listing() != before


def test_a_job_is_read_from_the_queue_or_the_archive(queue, tmp_path):
    write(tmp_path, "job-7", b"in the queue")
    write(tmp_path / "archive" / "0", "job-3", b"archived")
    assert [queue.read(number) for number in (7, 3, 99)] == [b"in the queue", b"archived", None]


def test_the_archive_has_a_folder_for_ten_thousand_jobs(queue, tmp_path):
    (tmp_path / "archive" / "2").mkdir()
    write(tmp_path / "archive" / "2", "job-20001", b"x")
    assert queue.read(20001) == b"x"


def test_the_last_id_is_known_if_ganeti_lets_us_read_it(queue, tmp_path):
    assert queue.last_job() == 0
    (tmp_path / "serial").write_text("412\n")
    assert queue.last_job() == 412
    (tmp_path / "serial").write_text("?")
    assert queue.last_job() == 0
