"""noVNC's files, which a package brings (Debian's ``novnc``, or npm's) and we only hand on; and the page that uses them.

All are read into memory once: what may be asked for is what is there, and nothing else of the disk. Callers: ``pages``, and the
compute facade, which gives out no address of a page that could not show anything.
"""

import functools
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings

PAGE: Final = Path(__file__).with_name("page")
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
PARTS: Final = ("core", "vendor")  # the library; its own application is not ours


class File(msgspec.Struct, frozen=True):
    kind: str
    body: bytes


def is_there() -> bool:
    """Is noVNC installed on this machine?"""
    return (Path(settings.NOVNC_DIR) / "core" / "rfb.js").is_file()


def page(name: str) -> File | None:
    """One of our own."""
    return _ours().get(name)


def file(name: str) -> File | None:
    """One of noVNC's, such as ``core/rfb.js``."""
    return _theirs(settings.NOVNC_DIR).get(name)


@functools.cache
def _ours() -> dict[str, File]:
    return {path.name: _read(path) for path in PAGE.iterdir() if path.suffix in KINDS}


@functools.cache
def _theirs(directory: str) -> dict[str, File]:
    root = Path(directory)
    paths = (path for part in PARTS for path in (root / part).rglob("*.js"))
    return {path.relative_to(root).as_posix(): _read(path) for path in paths if path.is_file()}


def _read(path: Path) -> File:
    return File(KINDS[path.suffix], path.read_bytes())
