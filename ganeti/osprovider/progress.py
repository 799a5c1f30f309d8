"""Telling how far an instance's disk is, to whoever listens: a progress monitor, and the event daemon's spool.

The monitor is a program that the operator names; it is started with the instance's name and reads lines of JSON, as
snf-image writes them. The spool is the directory that the event daemon ships, where one runs on this node. Nobody has to
listen: whatever fails here is left out and the disk is written all the same. Called by ``writing`` and ``scripts``.
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ganeti.osprovider.settings import Settings

EVERY: Final = 3.0  # seconds between two tellings
STEP: Final = 2.0  # percent between two messages: each becomes a line of the server's journal
MOST_FILES: Final = 10_000  # nobody reads the spool any more: leave it
GRACE: Final = 5.0  # seconds a monitor has to read its last line
CLEAN: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}  # no program is handed the OS parameters


class Progress:
    """Of one instance. ``copied`` may be called as often as one likes."""

    def __init__(self, instance: str, settings: Settings) -> None:
        self._instance, self._spool = instance, settings.spool
        self._monitor = _started(settings.monitor, instance)
        self._next, self._left = 0.0, -STEP

    def copied(self, position: int, total: int) -> None:
        """Bytes written, of how many."""
        if time.monotonic() < self._next and position < total:
            return
        self._next = time.monotonic() + EVERY
        percent = round(100 * min(position, total) / total, 2) if total else 100.0
        self._tell({"type": "image-copy-progress", "position": position, "total": total, "progress": percent})
        if percent >= self._left + STEP or position >= total:
            self._left = percent
            with contextlib.suppress(OSError):
                _leave(self._spool, self._instance, percent)

    def info(self, message: str) -> None:
        """A line for people."""
        self._tell({"type": "image-info", "messages": [message]})

    def failed(self, message: str) -> None:
        self._tell({"type": "image-error", "messages": [message]})

    def close(self) -> None:
        """No more is told; a monitor that does not end is ended."""
        if self._monitor is None or self._monitor.stdin is None:
            return
        with contextlib.suppress(OSError):
            self._monitor.stdin.close()
        try:
            self._monitor.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._monitor.kill()
            self._monitor.wait()

    def _tell(self, what: Mapping[str, object]) -> None:
        """A monitor that does not read, or is gone, is not waited for."""
        if self._monitor is None or self._monitor.stdin is None:
            return
        line = json.dumps({**what, "timestamp": time.time()}).encode() + b"\n"
        with contextlib.suppress(OSError):
            os.write(self._monitor.stdin.fileno(), line)


def _started(program: str, instance: str) -> "subprocess.Popen[bytes] | None":
    if not program:
        return None
    try:
        monitor = subprocess.Popen(  # noqa: S603 - the operator's own program
            [program, instance], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=CLEAN, bufsize=0
        )
    except OSError:
        return None
    if monitor.stdin:
        os.set_blocking(monitor.stdin.fileno(), False)
    return monitor


def _leave(spool: Path, instance: str, percent: float) -> None:
    """An observation as JSON, under a name that the event daemon takes up; given to the spool's owner."""
    if not spool.is_dir() or sum(1 for _ in spool.iterdir()) >= MOST_FILES:
        return
    now = time.time_ns()
    name = f"{now:020d}-{os.getpid()}.progress.json"
    hidden = spool / f".{name}.tmp"
    seen = {
        "type": "build-progress",
        "cluster": "",
        "instance": instance,
        "percent": percent,
        "at": now / 1e9,
        "serial": name,
    }
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
        owner = spool.stat()
        if os.geteuid() == 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        json.dump(seen, file)
    hidden.rename(spool / name)
