"""A read-only file system of a few small files, as the bytes of an ISO 9660 image. Pure; called by ``configdrive``.

Names are kept as they are: Linux and cloudbase-init read lower case and long names in a plain ISO 9660, which the standard
would not allow. One extent a file, directories and path tables in front, nothing of the clock: the same files give the same
bytes.
"""

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

SECTOR: Final = 2048
_SYSTEM: Final = 16  # sectors that belong to nobody
_DIRECTORY: Final = 2  # flag of a record
_ROOT: Final = 156  # where the record of the root is in the descriptor
_DATE: Final = bytes([100, 1, 1, 0, 0, 0, 0])  # 2000-01-01
_NEVER: Final = b"0" * 16 + b"\0"


class _Place(NamedTuple):
    sector: int
    length: int


def image(label: str, files: Mapping[str, bytes]) -> bytes:
    """``files``: paths such as ``openstack/latest/user_data``."""
    folders = sorted(
        {"", *(folder for path in files for folder in _above(path))}, key=lambda one: (one.count("/"), one)
    )
    places = _places(folders, files)
    last = max(place.sector + _sectors(place.length) for place in places.values())
    table = _path_table(folders, places, "<"), _path_table(folders, places, ">")
    parts = {
        _SYSTEM: _descriptor(label, last, len(table[0]), places[""]),
        _SYSTEM + 1: b"\xffCD001\x01",
        _SYSTEM + 2: table[0],
        _SYSTEM + 3: table[1],
    }
    parts |= {places[folder].sector: _listing(folder, folders, files, places) for folder in folders}
    parts |= {places[path].sector: data for path, data in files.items()}
    made = bytearray(last * SECTOR)
    for sector, data in parts.items():
        made[sector * SECTOR : sector * SECTOR + len(data)] = data
    return bytes(made)


def read(image: bytes, path: str) -> bytes:
    """A file of an image that :func:`image` made; empty when it is not there. The image may have been in a guest's hands: it
    may be anything."""
    try:
        place = _placed(image, _SYSTEM * SECTOR + _ROOT)
        for name in path.split("/"):
            entry = _entry(image, place, name.encode("ascii"))
            if entry is None:
                return b""
            place = _placed(image, entry)
    except (IndexError, struct.error):
        return b""
    return image[place.sector * SECTOR :][: place.length]


def _placed(image: bytes, record: int) -> _Place:
    return _Place(*struct.unpack_from("<I", image, record + 2), *struct.unpack_from("<I", image, record + 10))


def _entry(image: bytes, folder: _Place, name: bytes) -> int | None:
    """Where the record of this name is in a directory, which is one sector."""
    at = folder.sector * SECTOR
    end = at + SECTOR
    while at < end and image[at]:
        length = image[at + 32]
        if image[at + 33 :][:length].removesuffix(b";1") == name:
            return at
        at += image[at]
    return None


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _sectors(length: int) -> int:
    return max(1, -(-length // SECTOR))


def _places(folders: list[str], files: Mapping[str, bytes]) -> dict[str, _Place]:
    """Directories behind the path tables, one sector each, then the files."""
    places, sector = {}, _SYSTEM + 4
    for path, length in [
        *((folder, SECTOR) for folder in folders),
        *((path, len(files[path])) for path in sorted(files)),
    ]:
        places[path] = _Place(sector, length)
        sector += _sectors(length)
    return places


def _both(value: int, width: str) -> bytes:
    """A number in both byte orders."""
    return struct.pack(f"<{width}", value) + struct.pack(f">{width}", value)


def _record(name: bytes, place: _Place, flags: int) -> bytes:
    body = b"\0" + _both(place.sector, "I") + _both(place.length, "I") + _DATE + bytes([flags, 0, 0]) + _both(1, "H")
    body += bytes([len(name)]) + name
    body += b"\0" * (1 - len(body) % 2)  # the length byte in front makes it even
    return bytes([len(body) + 1]) + body


def _listing(folder: str, folders: list[str], files: Mapping[str, bytes], places: Mapping[str, _Place]) -> bytes:
    parent = folder.rpartition("/")[0]
    inside = sorted([(_name(path), path, _DIRECTORY) for path in folders if path and path.rpartition("/")[0] == folder])
    inside += [(_name(path) + b";1", path, 0) for path in files if path.rpartition("/")[0] == folder]
    records = [_record(b"\0", places[folder], _DIRECTORY), _record(b"\x01", places[parent], _DIRECTORY)]
    records += [_record(name, places[path], flags) for name, path, flags in sorted(inside)]
    listing = b"".join(records)
    if len(listing) > SECTOR:
        raise ValueError("too many files for one directory")
    return listing


def _name(path: str) -> bytes:
    return path.rpartition("/")[2].encode("ascii")


def _path_table(folders: list[str], places: Mapping[str, _Place], order: str) -> bytes:
    rows = []
    for folder in folders:
        name = _name(folder) or b"\0"
        parent = folders.index(folder.rpartition("/")[0]) + 1
        rows.append(
            struct.pack(f"{order}BBIH", len(name), 0, places[folder].sector, parent) + name + b"\0" * (len(name) % 2)
        )
    return b"".join(rows)


def _descriptor(label: str, sectors: int, table: int, root: _Place) -> bytes:
    """The primary volume descriptor."""
    return b"".join([
        b"\x01CD001\x01\0", b" " * 32, label.encode("ascii").ljust(32), b"\0" * 8, _both(sectors, "I"), b"\0" * 32,
        _both(1, "H"), _both(1, "H"), _both(SECTOR, "H"), _both(table, "I"),
        struct.pack("<II", _SYSTEM + 2, 0), struct.pack(">II", _SYSTEM + 3, 0), _record(b"\0", root, _DIRECTORY),
        b" " * (128 * 4 + 37 * 3), _NEVER * 4, b"\x01\0",
    ])  # fmt: skip
