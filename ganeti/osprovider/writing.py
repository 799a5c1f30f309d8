"""Putting an image onto an instance's disk: a file or a block device, whose size stays as Ganeti made it.

Holes stay holes in a file. What was on the disk under the image is overwritten everywhere, also with zeros: a reinstalled
disk held another system. Nothing is written before it is known that the image fits. Called by ``scripts``.
"""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ganeti.osprovider import qcow
from ganeti.osprovider.orders import MIB, Disk, Format
from ganeti.osprovider.progress import CLEAN
from ganeti.osprovider.troubles import Trouble

ZEROS: Final = b"\0" * MIB
# Bytes that qemu-img may map. It writes with up to 64 threads, each with 8 MiB of stack, and one heap for all of them.
MOST_MEMORY: Final = 2**32
ONE_HEAP: Final = {"MALLOC_ARENA_MAX": "1"}
LEAST_SECONDS: Final = 60  # of the processor's time, and one more for each
SLOWEST: Final = 8 * MIB  # bytes of the disk: a compressed image is unfolded at ten times that
MOST_TOLD: Final = 300  # characters of what qemu-img says
Copied = Callable[[int, int], None]  # bytes, of how many


def write(image: Path, format: Format, disk: Disk, copied: Copied) -> None:
    """Raises :class:`Trouble`; then the disk may hold anything."""
    with image.open("rb") as file:
        size = qcow.virtual_size(file.read(qcow.HEADER), format, file.seek(0, os.SEEK_END))
    room = _room(disk)
    if size > room:
        raise Trouble(f"the disk is too small: it has {room} bytes, the image needs {size}")
    if stat.S_ISREG(disk.path.stat().st_mode):
        _emptied(disk.path, room)
    if format == "raw":
        _copy(image, disk.path, size, copied)
    else:
        _convert(image, disk.path, size, copied)


def _room(disk: Disk) -> int:
    """Bytes of the disk. Ganeti's own word, where there is one, bounds a file that is longer."""
    with disk.path.open("rb") as file:
        there = file.seek(0, os.SEEK_END)
    return min(there, disk.size) if disk.size else there


def _emptied(path: Path, size: int) -> None:
    """A file of one hole. Never shorter in the end than it was."""
    size = max(size, path.stat().st_size)
    os.truncate(path, 0)
    os.truncate(path, size)


def _copy(image: Path, target: Path, size: int, copied: Copied) -> None:
    with image.open("rb") as source, target.open("r+b", buffering=0) as disk:
        sparse = stat.S_ISREG(os.fstat(disk.fileno()).st_mode)
        done = 0
        while block := source.read(MIB):
            if sparse and block == ZEROS[: len(block)]:
                disk.seek(len(block), os.SEEK_CUR)
            else:
                _write_all(disk.fileno(), block)
            done += len(block)
            copied(done, size)
        os.fsync(disk.fileno())
    if done != size:
        raise Trouble("the image has changed while it was read")


def _write_all(target: int, block: bytes) -> None:
    while block:
        block = block[os.write(target, block) :]


def _convert(image: Path, target: Path, size: int, copied: Copied) -> None:
    """By qemu-img, whose progress is ``(12.34/100%)`` after carriage returns. An image of strangers may be made to cost it any
    memory and any time, so that it has no more than an honest one takes."""
    if shutil.which("qemu-img", path=CLEAN["PATH"]) is None:
        raise Trouble("qemu-img is not on this node: install qemu-utils")
    bounds = [f"--as={MOST_MEMORY}", f"--cpu={LEAST_SECONDS + size // SLOWEST}", "--core=0"]
    convert = ["convert", "-p", "-n", "-f", "qcow2", "-O", "raw", str(image), str(target)]
    command = ["prlimit", *bounds, "--", "qemu-img", *convert]
    try:
        running = subprocess.Popen(  # noqa: S603 - no shell, and paths that begin with a slash
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=CLEAN | ONE_HEAP, bufsize=0
        )
    except FileNotFoundError:
        raise Trouble("prlimit is not on this node: install util-linux") from None
    told = b""
    with running:
        while running.stdout and (some := os.read(running.stdout.fileno(), 4096)):
            told = (told + some)[-2000:]
            percents = re.findall(rb"\(\s*([0-9.]+)/100%\)", told)
            if percents:
                copied(int(float(percents[-1]) * size / 100), size)
    if running.returncode:
        words = re.sub(rb"\s*\([0-9. ]+/100%\)\s*", b"", told).decode("utf-8", "replace").strip()
        words = words or "it took more time or memory than such an image needs"
        raise Trouble(f"qemu-img could not write the image: {words[-MOST_TOLD:]}")
    with target.open("r+b") as disk:
        os.fsync(disk.fileno())
    copied(size, size)
