"""Disks beside the first, made ready for a guest as Nova's are: one with an empty ext4 called ``ephemeral0``, one to swap on.

What was on either is gone, also at a reinstallation. Called by ``scripts``.
"""

import os
import struct
import subprocess
from typing import Final

from ganeti.osprovider.orders import Disk
from ganeti.osprovider.progress import CLEAN
from ganeti.osprovider.troubles import Trouble

LABEL: Final = "ephemeral0"
MKFS: Final = "mkfs.ext4"
PAGE: Final = 4096
_MAGIC: Final = b"SWAPSPACE2"
_HEADER: Final = struct.Struct("<1024x3I16s16s")  # version, last page, bad pages, id (none), label
_MOST_TOLD: Final = 300


def ephemeral(disk: Disk) -> None:
    """Raises :class:`Trouble`."""
    command = [MKFS, "-q", "-F", "-L", LABEL, str(disk.path)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=CLEAN, check=False)  # noqa: S603
    except FileNotFoundError:
        raise Trouble(f"{MKFS} is not on this node: install e2fsprogs") from None
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()
        raise Trouble(f"{MKFS} could not make the ephemeral disk ready: {words[-_MOST_TOLD:]}")


def swap(disk: Disk) -> None:
    """The first page of it says what it is, as ``mkswap`` writes it. Raises :class:`Trouble`."""
    with disk.path.open("r+b") as file:
        there = file.seek(0, os.SEEK_END)
        size = min(there, disk.size) if disk.size else there
        if size < 2 * PAGE:
            raise Trouble("the disk for swap is too small")
        file.seek(0)
        head = _HEADER.pack(1, size // PAGE - 1, 0, b"", b"swap0")
        file.write(head.ljust(PAGE - len(_MAGIC), b"\0") + _MAGIC)
        file.flush()
        os.fsync(file.fileno())
