"""Server processes that tests own: started as the right user, watched until ready, killed with all they started.

Callers: ``postgres`` and ``rabbitmq`` beside this file, and tests that run the product as separate processes. A process
dies with the test run, however that ends (``setpriv --pdeathsig``); so start them from the main thread, whose end is the
run's end.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from logic import clock

LOOPBACK: Final = "127.0.0.1"
PORTS: Final = (20_000, 32_000)  # below the range that outgoing connections take theirs from
POLL: Final = 0.02  # seconds between two looks
TAIL: Final = 4_000  # characters of a log worth showing
_handed_out: set[int] = set()


class NotReady(Exception):  # noqa: N818 - a state
    """A server did not come up, or a condition did not come true in time."""


def until(condition: Callable[[], bool], *, within: float, what: str) -> None:
    """Wait until it holds, at most ``within`` seconds. Raises :class:`NotReady` naming ``what``."""
    deadline = clock.monotonic() + within
    while not condition():
        if clock.monotonic() > deadline:
            raise NotReady(f"{what}: not within {within:g} s")
        time.sleep(POLL)


def spare_port() -> int:
    """A TCP port on loopback that nobody listens on, never the same one twice."""
    while True:
        port = int(clock.jitter(*PORTS))
        if port not in _handed_out and _is_free(port):
            _handed_out.add(port)
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def user_or_self(name: str) -> str:
    """The system user a server runs as: its own when we are root and it exists, else ourselves."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() != 0:
        return me
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(name).pw_name
    return me


def new_directory(kind: str, user: str, parent: Path | None = None) -> Path:
    """A temporary directory that belongs to ``user``; others may only pass through."""
    path = Path(tempfile.mkdtemp(prefix=f"synnefo-{kind}-", dir=parent))
    path.chmod(0o711)
    give(path, user)
    return path


def give(path: Path, user: str) -> None:
    """Make ``user`` the owner; only root can, and only root needs to."""
    if os.geteuid() == 0:
        shutil.chown(path, user)


def as_user(command: Sequence[str], user: str) -> list[str]:
    """The command line that runs ``command`` as ``user`` and dies with us."""
    identity = []
    if os.geteuid() == 0:
        entry = pwd.getpwnam(user)
        identity = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return ["setpriv", *identity, "--pdeathsig=KILL", *command]


def descendants(pid: int) -> list[int]:
    """The process and all it started, children first."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                found.extend(descendants(int(child)))
    return [*found, pid]


def is_alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


class Daemon:
    """One server process. ``ready`` tells whether it answers; what it prints goes to ``log``."""

    def __init__(  # noqa: PLR0913 - a process is all of these
        self,
        command: Sequence[str],
        *,
        user: str,
        log: Path,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        within: float = 60.0,
    ) -> None:
        self._command, self._user, self._log, self._ready = list(command), user, log, ready
        self._environment, self._directory, self._within = environment, directory or log.parent, within
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Zero when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    def start(self) -> None:
        """Returns when it is ready. Raises :class:`NotReady` with the end of its log."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                as_user(self._command, self._user),
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            until(lambda: not self.pid or self._ready(), within=self._within, what=self._command[0])
        except NotReady as error:
            self.kill()
            raise NotReady(f"{error}\n{self.tail()}") from None
        if not self.pid:
            raise NotReady(f"{self._command[0]} ended by itself\n{self.tail()}")

    def tail(self) -> str:
        """The end of what it printed."""
        return self._log.read_text(errors="replace")[-TAIL:] if self._log.exists() else ""

    @property
    def ended_with(self) -> int | None:
        """Its exit code, a signal's number below zero. None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def standing(self) -> str:
        """Whether it runs, or how it ended, and the end of what it printed: for whoever finds that it does not answer."""
        return f"{'it runs' if self.pid else f'it ended with {self.ended_with}'}\n{self.tail()}"

    def send(self, number: signal.Signals) -> None:
        """A signal to the process itself, if it runs."""
        if self.pid:
            os.kill(self.pid, number)

    def stop(self, *, by: signal.Signals = signal.SIGTERM, within: float = 20.0) -> int | None:
        """Ask it to end; kill it when it has not after ``within`` seconds. Returns its exit code."""
        if self._process is None:
            return None
        self.send(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        self.kill()
        return self._process.returncode

    def kill(self) -> None:
        """As ``kill -9`` of the process and everything below it; returns when all are gone."""
        if self._process is None:
            return
        family = descendants(self._process.pid) if self._process.poll() is None else []
        for pid in reversed(family):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        until(lambda: not any(is_alive(pid) for pid in family), within=10.0, what="the end of its children")
