"""What every store promises."""

from pathlib import Path

import pytest

from logic.image.stores import Absent, Store
from logic.image.stores.directory import Directory
from logic.image.stores.s3 import MIB, Bucket, _client
from logic.image.stores.tests.conftest import SECRET

NAME, OTHER = "dddddddd-0000-4000-8000-000000000001", "dddddddd-0000-4000-8000-000000000002"


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "directory":
        return Directory(tmp_path / "images")
    return Bucket(request.getfixturevalue("bucket")())


def written(store: Store, *pieces: bytes) -> None:
    writing = store.writing(NAME)
    for piece in pieces:
        writing.write(piece)
    writing.finish()


def test_what_was_written_is_read_whole_and_in_parts(store):
    written(store, b"abc", b"defg")
    assert b"".join(store.pieces(NAME)) == b"abcdefg"
    assert b"".join(store.pieces(NAME, 2, 3)) == b"cde"
    assert b"".join(store.pieces(NAME, 5)) == b"fg"
    assert b"".join(store.pieces(NAME, 5, 100)) == b"fg"
    assert b"".join(store.pieces(NAME, 100)) == b""
    assert b"".join(store.pieces(NAME, 2, 0)) == b""


def test_what_is_nothing_is_there_all_the_same(store):
    written(store)
    assert b"".join(store.pieces(NAME)) == b""
    with pytest.raises(Absent):
        store.pieces(OTHER, 0, 0)


def test_what_is_not_finished_is_not_there(store):
    writing = store.writing(NAME)
    writing.write(b"abc")
    with pytest.raises(Absent):
        store.pieces(NAME)
    writing.abandon()
    writing.abandon()
    with pytest.raises(Absent):
        store.pieces(NAME)


def test_what_was_begun_and_left_is_begun_anew(store):
    left = store.writing(NAME)
    left.write(b"half" * MIB * 2)
    written(store, b"whole")
    left.abandon()
    assert b"".join(store.pieces(NAME)) == b"whole"


def test_what_is_removed_is_not_there_and_nothing_else_goes_with_it(store):
    written(store, b"abc")
    store.remove(OTHER)
    assert b"".join(store.pieces(NAME)) == b"abc"
    left = store.writing(OTHER)
    left.write(b"half")
    store.remove(OTHER)
    store.remove(NAME)
    for name in (NAME, OTHER):
        with pytest.raises(Absent):
            store.pieces(name)
    left.abandon()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "dddddddd", f"{NAME}/../x", f"{NAME}\n"])
def test_no_name_leads_out_of_a_store(store, name):
    for asked in (store.writing, store.pieces, store.remove):
        with pytest.raises(ValueError):
            asked(name)


def test_nobody_else_may_read_what_is_in_a_directory(tmp_path: Path):
    store = Directory(tmp_path / "images")
    written(store, b"abc")
    (file,) = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert file.stat().st_mode & 0o077 == 0


PARTS = [b"a" * 3 * MIB, b"b" * 3 * MIB, b"c" * 7 * MIB, b"d"]  # of five, the smallest that S3 takes


def test_what_is_larger_than_a_part_is_one_object_all_the_same(bucket):
    store = Bucket(bucket())
    written(store, *PARTS)
    assert b"".join(store.pieces(NAME)) == b"".join(PARTS)
    assert b"".join(store.pieces(NAME, 6 * MIB - 1, 2)) == b"bc"
    store.remove(NAME)
    with pytest.raises(Absent):
        store.pieces(NAME)


def test_what_was_begun_in_a_bucket_and_left_costs_nothing_once_it_is_removed(bucket):
    store = Bucket(bucket())
    store.writing(NAME).write(PARTS[2])
    assert len(uploads(store)) == 1
    store.remove(NAME)
    assert not uploads(store)
    left = store.writing(NAME)
    left.write(PARTS[2])
    left.abandon()
    assert not uploads(store)


def test_an_answer_that_was_lost_after_the_last_part_is_no_failure(bucket):
    store = Bucket(bucket())
    writing = store.writing(NAME)
    writing.write(PARTS[2])
    writing._send(bytes(writing._held))
    writing._held.clear()
    writing._complete()
    writing.finish()
    assert len(b"".join(store.pieces(NAME))) == 7 * MIB


@pytest.mark.parametrize("wrong", [{"bucket": "nobodys"}, {"endpoint": "http://127.0.0.1:9"}])
def test_a_service_that_does_not_do_it_is_told_without_what_was_sent(bucket, wrong, monkeypatch):
    monkeypatch.setattr("logic.image.stores.s3.TRIES", 1)
    _client.cache_clear()
    store = Bucket(bucket(**wrong))
    for asked in (store.writing, store.pieces, store.remove):
        with pytest.raises(OSError, match="S3") as told:
            asked(NAME)
        assert SECRET not in str(told.value)
        assert told.value.__suppress_context__


def uploads(store: Bucket) -> list[dict]:
    return store.client.list_multipart_uploads(Bucket=store.place(NAME)["Bucket"]).get("Uploads", [])
