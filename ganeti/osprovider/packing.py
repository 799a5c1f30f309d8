"""A disk as an image of the format qcow2, in one go: only what is not zero is in it, so that a large disk with little on it is
little.

A qcow2 image begins with its tables, which have to say where everything behind them is. So the disk is read twice: first to see
what there is (holes of a file are not read), then to tell it; it must not change meanwhile. The length is known before the first
byte. Called by ``sending``, and by the embedded cloud for the disks of its simulated cluster. Source of the format:
https://www.qemu.org/docs/master/interop/qcow2.html
"""

import errno
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ganeti.osprovider.qcow import HEADER, MAGIC

BITS: Final = 16
CLUSTER: Final = 1 << BITS
AT_ONCE: Final = 16  # clusters that are read together
_ENTRIES: Final = CLUSTER // 8  # of one cluster of a table
_COUNTS: Final = CLUSTER // 2  # of one cluster of reference counts, 16 bits each
_OURS_ALONE: Final = 1 << 63  # in an entry: its cluster is referred to once
_ZEROS: Final = bytes(CLUSTER)
_NO_SEEKING: Final = {errno.EINVAL, errno.ENOTSUP, errno.ESPIPE}


class Packed:
    """``size`` is the disk's, ``length`` the image's, in bytes. Raises ``OSError``, as all here."""

    def __init__(self, disk: Path) -> None:
        self._disk = disk
        with disk.open("rb", buffering=0) as file:
            self.size = file.seek(0, os.SEEK_END)
            self._used = _used(file.fileno(), self.size)
        self._plan()

    def _plan(self) -> None:
        """Where everything goes: header, reference counts (a table of blocks), the two levels of addresses, data."""
        data, groups = sum(self._used), list(self._groups())
        self._level1 = max(1, len(groups))
        tables = _clusters(self._level1, _ENTRIES) + sum(any(group) for group in groups)
        blocks = table = 1
        while True:
            self._total = 1 + table + blocks + tables + data
            wanted = _clusters(self._total, _COUNTS)
            if wanted == blocks and _clusters(blocks, _ENTRIES) == table:
                break
            blocks, table = wanted, _clusters(wanted, _ENTRIES)
        self._blocks, self._table = blocks, table
        self.length = self._total * CLUSTER

    def _groups(self) -> Iterator[bytes]:
        """What is there, by tables of the second level."""
        return (bytes(self._used[at : at + _ENTRIES]) for at in range(0, len(self._used), _ENTRIES))

    def pieces(self) -> Iterator[bytes]:
        """The image, ``length`` bytes."""
        yield from self._tables()
        with self._disk.open("rb", buffering=0) as file:
            for first, many in _runs(self._used):
                piece = os.pread(file.fileno(), many * CLUSTER, first * CLUSTER)
                yield piece.ljust(many * CLUSTER, b"\0")  # the disk may end within its last cluster

    def _tables(self) -> Iterator[bytes]:
        at_blocks = 1 + self._table
        at_level1 = at_blocks + self._blocks
        at_level2 = at_level1 + _clusters(self._level1, _ENTRIES)
        groups = list(self._groups())
        yield _padded(self._header(at_level1))
        yield _padded(_addresses((at_blocks + place for place in range(self._blocks)), mark=0))
        yield (b"\0\1" * self._total).ljust(self._blocks * CLUSTER, b"\0")
        places = _counted(at_level2, (any(group) for group in groups))
        yield _padded(_addresses(places))
        following = at_level2 + sum(any(group) for group in groups)
        for group in groups:
            if any(group):
                yield _padded(_addresses(_counted(following, map(bool, group))))
                following += sum(group)

    def _header(self, level1: int) -> bytes:
        backing, encrypted, snapshots, features = (0, 0), 0, (0, 0), (0, 0, 0)
        tables = (self._level1, level1 * CLUSTER, CLUSTER, self._table)
        words = (3, *backing, BITS, self.size, encrypted, *tables, *snapshots, *features, 4, HEADER)
        return MAGIC + struct.pack(">IQIIQIIQQIIQQQQII", *words)


def _used(file: int, size: int) -> bytearray:
    """For each cluster of the disk whether there is anything but zeros in it."""
    used = bytearray(_clusters(size, CLUSTER))
    for start, end in _extents(file, size):
        for first in range(start // CLUSTER, _clusters(end, CLUSTER), AT_ONCE):
            read = os.pread(file, AT_ONCE * CLUSTER, first * CLUSTER)
            for place in range(0, len(read), CLUSTER):
                cluster = read[place : place + CLUSTER]
                used[first + place // CLUSTER] = cluster != _ZEROS[: len(cluster)]
    return used


def _extents(file: int, size: int) -> Iterator[tuple[int, int]]:
    """Where a file is no hole; all of what is no file."""
    end = 0
    while end < size:
        try:
            start = os.lseek(file, end, os.SEEK_DATA)
            end = os.lseek(file, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno in _NO_SEEKING:
                yield end, size
            elif error.errno != errno.ENXIO:  # nothing but a hole is left
                raise
            return
        yield start, end


def _runs(used: bytearray) -> Iterator[tuple[int, int]]:
    """First clusters, and how many behind each other are there."""
    first = used.find(1)
    while first >= 0:
        end = used.find(0, first, first + AT_ONCE)
        many = (end if end >= 0 else min(first + AT_ONCE, len(used))) - first
        yield first, many
        first = used.find(1, first + many)


def _counted(first: int, there: Iterable[bool]) -> Iterator[int]:
    """Numbers of clusters from ``first`` on, 0 for what is not there."""
    for one in there:
        yield first if one else 0
        first += one


def _addresses(clusters: Iterable[int], mark: int = _OURS_ALONE) -> bytes:
    entries = [(number * CLUSTER) | mark if number else 0 for number in clusters]
    return struct.pack(f">{len(entries)}Q", *entries)


def _padded(table: bytes) -> bytes:
    return table.ljust(_clusters(len(table), CLUSTER) * CLUSTER, b"\0")


def _clusters(amount: int, each: int) -> int:
    return -(-amount // each)
