"""What every store promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from logic.image.stores import Absent, Store
from logic.image.stores.directory import Directory

NAME, OTHER = "dddddddd-0000-4000-8000-000000000001", "dddddddd-0000-4000-8000-000000000002"
STORES: dict[str, Callable[[Path], Store]] = {"directory": lambda path: Directory(path / "images")}


@pytest.fixture(params=sorted(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


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
    left.write(b"half")
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
