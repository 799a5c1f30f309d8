"""A lab that stays: a process in the background holds it, from ``make ganeti-up`` until ``make ganeti-down``.

Called by ``__main__``. In the lab's directory ``cluster.json`` (for ``manage.py standalone --ganeti``) is there while it is up,
and ``environment`` for the shell that starts the cloud; ``held`` is locked by its holder and has its process id; ``log``.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, TextIO

from logic.errors import Conflict
from synnefo.standalone.places import state_of_its_own
from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import deploying, ours
from synnefo.testing.lab.cluster import Lab, why_not
from synnefo.testing.processes import NotReady, is_alive, until

WITHIN: Final = 180.0  # seconds for a cluster to be made


def up(directory: Path) -> str:
    """Make it unless it is there; what there is to say of it. Raises :class:`NotReady`."""
    told = directory / "cluster.json"
    if reason := why_not():
        raise NotReady(reason)
    if not _holder(directory):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _forget(directory / "cloud")
        told.unlink(missing_ok=True)
        with (directory / "log").open("wb") as log:
            command = [sys.executable, "-m", "synnefo.testing.lab", "--dir", str(directory), "hold"]
            child = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        until(lambda: told.exists() or child.poll() is not None, within=WITHIN, what="the cluster")
        if not told.exists():
            raise NotReady((directory / "log").read_text(errors="replace"))
    return told.read_text()


def _forget(cloud: Path) -> None:
    """The state of a cloud on a cluster that is no more: its servers are not on the next. Raises :class:`NotReady` while it
    runs."""
    with _at_rest(cloud):
        if cloud.exists():
            shutil.rmtree(cloud)


@contextmanager
def _at_rest(cloud: Path) -> Iterator[None]:
    """Nobody starts it within. Raises :class:`NotReady` while it runs."""
    with ExitStack() as kept:
        try:
            if cloud.exists():
                kept.enter_context(state_of_its_own(cloud))
        except Conflict as running:
            raise NotReady(running.sentence) from running
        yield


def down(directory: Path) -> None:
    """Nothing of it is left but the log. One that is not there is no failure. Raises :class:`NotReady` while a cloud runs on
    it."""
    holder = _holder(directory)
    if holder:
        with _at_rest(directory / "cloud"):
            os.kill(holder, signal.SIGTERM)
            until(lambda: not is_alive(holder), within=60.0, what="the end of the cluster")


def hold(directory: Path) -> None:
    """In the foreground, until SIGTERM or SIGINT."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGINT):  # handled, not blocked: what is started here would inherit that
        signal.signal(number, lambda *_: sys.exit())
    with (directory / "held").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.truncate(0)
        print(os.getpid(), file=held, flush=True)
        told = directory / "cluster.json"
        try:
            with Lab(root=directory / "nodes") as lab:
                ours.node(lab.master)
                deploying.logs(lab.master)
                (directory / "environment").write_text(_environment(directory / "cloud"))
                ours.write_place(lab, told, ours.interfaces(lab))
                signal.pause()
        finally:
            for left in (told, directory / "environment"):
                left.unlink(missing_ok=True)
            held.truncate(0)


def _environment(state: Path) -> str:
    """For a shell: state apart from that of the cloud on the simulator."""
    settings = {"VAR": str(state), **ours.SETTINGS}
    return "".join(f"export SYNNEFO_{name}={value}\n" for name, value in settings.items())


def _holder(directory: Path) -> int:
    """The process that holds it; 0 when none does."""
    try:
        with (directory / "held").open() as held:
            return 0 if _is_free(held) else int(held.read() or 0)
    except FileNotFoundError:
        return 0


def _is_free(held: TextIO) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
