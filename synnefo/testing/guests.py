"""A guest that really boots: the image of ``contrib/guest``, made once on this machine and found again.

For tests that start QEMU or a whole Ganeti. Takes about half a minute the first time, and Debian's packages from the mirror.
"""

import subprocess
from pathlib import Path
from typing import NamedTuple

from synnefo.testing import packages

MAKER = Path(__file__).resolve().parents[2] / "contrib" / "guest" / "make-guest"
NEEDED = ("mtools", "cpio", "syslinux", "syslinux-common", "qemu-utils")


class Image(NamedTuple):
    """``sha256`` in hexadecimal."""

    path: Path
    sha256: str


class Guest(NamedTuple):
    """The same disk twice."""

    raw: Image
    qcow2: Image


def guest(store: Path | None = None) -> Guest:
    """Made in ``store``, else where all of this user's are. Raises :class:`synnefo.testing.packages.Missing`."""
    for package in NEEDED:
        packages.require(package)
    command = [str(MAKER), *([str(store)] if store else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RuntimeError(f"{MAKER.name} failed: {done.stderr[-1000:]}")
    raw, qcow2 = (Image(Path(path), sum) for path, sum in (line.rsplit(" ", 1) for line in done.stdout.splitlines()))
    return Guest(raw, qcow2)
