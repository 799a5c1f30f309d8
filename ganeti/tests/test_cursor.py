"""The cursor knows what was told, survives a restart, and is worth nothing to another incarnation of the cluster."""

from ganeti import jobfile
from ganeti.cursor import Cursor
from ganeti.tests import samples


def job(number, *statuses, serial=0):
    log = [[serial, [samples.T0, 0], "message", "x"]] if serial else []
    return jobfile.parse(samples.job_bytes(number, *(samples.op(status=one, log=log) for one in statuses)))


def cursor_at(path, incarnation="inc-1"):
    return Cursor(path / "cursor.json", incarnation)


def test_everything_about_a_new_job_is_news(tmp_path):
    assert cursor_at(tmp_path).news(job(7, "success", "running")) == [0, 1]


def test_after_telling_only_what_has_moved_is_news(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.tell(job(7, "running", "queued"), "v1")
    assert cursor.news(job(7, "running", "queued")) == []
    assert cursor.news(job(7, "success", "queued")) == [0]
    assert cursor.news(job(7, "running", "queued", serial=3)) == [0, 1]


def test_it_remembers_over_a_restart(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.tell(job(7, "running"), "v1")
    cursor.settle({7: "v1"}, 9)
    cursor.save()
    again = cursor_at(tmp_path)
    assert (again.fresh, again.highest) == (False, 9)
    assert again.news(job(7, "running")) == []
    assert again.unread({7: "v1"}) == []
    assert again.unread({7: "v2", 8: "v1"}) == [7, 8]


def test_job_ids_of_another_incarnation_mean_nothing(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.tell(job(7, "success"), "v1")
    cursor.save()
    assert cursor_at(tmp_path, "inc-2").news(job(7, "success")) == [0]
    assert cursor_at(tmp_path, "inc-2").fresh


def test_a_broken_file_is_as_good_as_none(tmp_path):
    (tmp_path / "cursor.json").write_bytes(b'{"format": 1, "jobs": [')
    assert cursor_at(tmp_path).fresh


def test_a_job_that_left_the_queue_before_its_end_was_told_is_unfinished(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.tell(job(7, "running"), "v1")
    cursor.tell(job(8, "success"), "v1")
    assert cursor.unfinished({}) == [7]
    assert cursor.unfinished({7: "v1"}) == []


def test_a_job_that_could_not_be_read_yet_is_looked_for_when_it_has_left_the_queue(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.tell(job(7, "success"), "v1")
    cursor.owe(7)
    cursor.owe(8)
    assert cursor.unfinished({}) == [8]
    assert cursor.unread({8: "v1"}) == [8]


def test_it_forgets_what_is_over_and_gone_so_it_does_not_grow(tmp_path):
    cursor = cursor_at(tmp_path)
    for number in range(1, 101):
        cursor.tell(job(number, "success"), "v1")
    cursor.settle({100: "v1"}, 100)
    cursor.save()
    assert cursor.unread({99: "v1", 100: "v1"}) == [99]
    assert (tmp_path / "cursor.json").stat().st_size < 300


def test_a_file_without_anything_to_tell_is_not_read_again(tmp_path):
    cursor = cursor_at(tmp_path)
    cursor.pass_over(7, "v1")
    assert cursor.unread({7: "v1"}) == []
    assert cursor.unread({7: "v2"}) == [7]
