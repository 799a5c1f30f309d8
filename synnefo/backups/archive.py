"""The backup's file: a tar with ``about.json``, ``database`` and ``secret-keys``, readable by its owner only.

Written whole or not at all. Read back only when every member is what ``about.json`` says it is.
"""

import hashlib
import os
import tarfile
from pathlib import Path
from typing import Final

import msgspec

from logic import decoding
from logic.errors import Conflict

FORMAT: Final = 1
ABOUT: Final = "about.json"
DATABASE: Final = "database"
KEYS: Final = "secret-keys"
MEMBERS: Final = (DATABASE, KEYS)
MODE: Final = 0o600
PIECE: Final = 1024 * 1024


class About(msgspec.Struct, kw_only=True, frozen=True):
    """Where a backup comes from. ``database`` is the kind of database, ``migrations`` what had been applied to it,
    ``digests`` the SHA-256 of each member."""

    format: int = FORMAT
    made_at: str
    version: str
    database: str
    migrations: dict[str, list[str]]
    digests: dict[str, str] = {}


def pack(folder: Path, about: About, target: Path) -> None:
    """The members in ``folder`` as one file. Raises :class:`Conflict` when there is one of that name."""
    digests = {name: digest(folder / name) for name in MEMBERS}
    described = msgspec.structs.replace(about, digests=digests)
    (folder / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(described)))
    part = folder / "part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name in (ABOUT, *MEMBERS):
                (folder / name).chmod(MODE)
                tar.add(folder / name, name, filter=_plain)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, target)
    except FileExistsError:
        raise Conflict(reason=f"There is already a file {target}. Choose another name.") from None


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Nobody's name."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def unpack(source: Path, folder: Path) -> About:
    """The members into ``folder``. Raises :class:`Conflict` for what is no whole backup of ours."""
    try:
        with tarfile.open(source, mode="r:") as tar:
            for name in (ABOUT, *MEMBERS):
                _extract(tar, name, folder / name)
        about = decoding.decode((folder / ABOUT).read_bytes(), About)
    except (tarfile.TarError, KeyError, EOFError, msgspec.DecodeError) as error:
        raise Conflict(reason=f"{source} is no backup of Synnefo, or not whole: {error}.") from error
    if about.format != FORMAT:
        raise Conflict(reason=f"{source} has the format {about.format}; this version reads {FORMAT}.")
    for name in MEMBERS:
        if about.digests.get(name) != digest(folder / name):
            raise Conflict(reason=f"{source} is damaged: its {name} is not what was written.")
    return about


def _extract(tar: tarfile.TarFile, name: str, target: Path) -> None:
    """By name and into a file of our own: nothing that the tar says of paths and modes is believed."""
    member = tar.extractfile(name)
    if member is None:
        raise KeyError(f"{name} is no file")
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
        while piece := member.read(PIECE):
            file.write(piece)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
