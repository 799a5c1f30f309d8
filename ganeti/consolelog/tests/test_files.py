"""Logs end as they were written, take no more than is kept, and are found by the UUID alone."""

import os

import pytest

from ganeti.consolelog import files
from ganeti.consolelog.files import KEPT, SLACK, Logs, last

UUID = "1867c5f0-f087-41bb-99e2-2d3ed2dbe529"
OTHER = "2867c5f0-f087-41bb-99e2-2d3ed2dbe529"


@pytest.fixture
def logs(tmp_path):
    return Logs(tmp_path)


def written(folder, said, name=f"{UUID}.snf-1.log"):
    path = folder / name
    with path.open("ab") as file:
        file.write(said)
    return path


def taken(path):
    return path.stat().st_blocks * 512


@pytest.mark.parametrize(
    ("said", "lines", "told"),
    [
        (b"a\nb\nc\n", -1, b"a\nb\nc\n"),
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nlogin: ", 2, b"b\nlogin: "),
        (b"a\nb\n", 0, b""),
        (b"a\nb\n", 9, b"a\nb\n"),
        (b"a\n\n\n", 1, b"\n"),
        (b"a\rb\r\nc", 1, b"c"),
        (b"", 3, b""),
        (b"", -1, b""),
    ],
)
def test_lines_are_counted_from_the_end(said, lines, told):
    assert last(said, lines) == told


def test_no_more_than_is_kept_is_told_and_it_begins_with_a_whole_line():
    said = b"x" * 100 + b"\n" + b"y" * KEPT + b"\nz"
    assert last(said, -1) == b"z"
    assert last(b"x" * 2 * KEPT, -1) == b"x" * KEPT


def test_a_log_is_found_by_its_uuid_whatever_its_name(logs, tmp_path):
    written(tmp_path, b"one\n")
    written(tmp_path, b"two\n", f"{OTHER}.snf-1.log")
    assert (logs.tail(UUID, -1), logs.tail(OTHER, -1)) == (b"one\n", b"two\n")
    assert logs.tail("3867c5f0-f087-41bb-99e2-2d3ed2dbe529", -1) is None


def test_of_an_instance_that_was_renamed_the_newer_one_is_told(logs, tmp_path):
    old = written(tmp_path, b"old\n")
    written(tmp_path, b"new\n", f"{UUID}.web.log")
    os.utime(old, (1, 1))
    assert logs.tail(UUID, -1) == b"new\n"


@pytest.mark.parametrize(
    "name", ["passwd", f"{UUID}.log", f"{UUID}.a/b.log", f"{UUID}.snf-1.log.old", f"x{UUID}.snf-1.log"]
)
def test_nothing_else_is_a_log(logs, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"x" * 2 * (KEPT + SLACK))
    assert logs.tail(UUID, -1) is None
    assert logs.bound().logs == 0
    assert (tmp_path / name).stat().st_blocks * 512 > KEPT + SLACK


def test_what_is_no_file_of_its_own_is_neither_told_nor_cut(logs, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 2 * (KEPT + SLACK))
    (tmp_path / f"{UUID}.snf-1.log").symlink_to(secret)
    logs.bound()
    assert logs.tail(UUID, -1) is None
    assert taken(secret) > KEPT + SLACK


def test_a_guest_that_never_ends_takes_what_is_kept_and_loses_nothing_of_it(logs, tmp_path):
    # Given a guest that says much more than is kept, while its log is looked at
    path, line = tmp_path / f"{UUID}.snf-1.log", b"%012d\n"
    with path.open("ab", buffering=0) as qemu:
        for round in range(40):
            qemu.write(b"".join(line % (round * 10_000 + number) for number in range(10_000)))
            logs.bound()
            # Then it never takes more than that, and its last lines are all there
            assert taken(path) <= KEPT + SLACK + 130_000 + 8192
            told = logs.tail(UUID, -1).split()
            assert [int(one) for one in told] == list(range((round + 1) * 10_000 - len(told), (round + 1) * 10_000))
    assert len(logs.tail(UUID, -1)) > KEPT - 13
    assert logs.bound() == (1, taken(path), 0)
    assert path.stat().st_size == 13 * 400_000


def test_where_a_file_can_have_no_holes_its_log_begins_anew(logs, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_punched", lambda *_: False)
    path = written(tmp_path, b"x" * 2 * (KEPT + SLACK))
    with path.open("ab", buffering=0) as qemu:
        logs.bound()
        qemu.write(b"after\n")
    assert path.read_bytes() == b"after\n"


def test_so_it_does_before_the_file_system_ends(logs, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LONGEST", 3 * (KEPT + SLACK))
    path = written(tmp_path, b"x" * 4 * (KEPT + SLACK))
    logs.bound()
    assert path.stat().st_size == 0


def test_a_log_that_is_removed_meanwhile_is_none(logs, tmp_path, monkeypatch):
    path = written(tmp_path, b"x" * 2 * (KEPT + SLACK))

    def cut(*_):
        path.unlink()
        raise FileNotFoundError

    monkeypatch.setattr(files, "_cut", cut)
    assert logs.bound().amiss == 0
    assert logs.tail(UUID, -1) is None


def test_one_that_cannot_be_cut_is_told_of_and_keeps_no_other_from_it(logs, tmp_path, monkeypatch):
    refused = written(tmp_path, b"x" * 2 * (KEPT + SLACK))
    other = written(tmp_path, b"x" * 2 * (KEPT + SLACK), f"{OTHER}.snf-2.log")
    really = files._cut

    def cut(path):
        if path == str(refused):
            raise PermissionError
        really(path)

    monkeypatch.setattr(files, "_cut", cut)
    assert (logs.bound().amiss, taken(other) <= KEPT + 8192) == (1, True)
    assert logs.tail(UUID, 1)
