"""Programs under supervision: one that ends is started again, as systemd would.

``cloud`` makes them, ``kinds`` kills and pauses them. Watching happens in ``Supervisor.run``, a task of the run.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from logic import clock
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import Daemon

RESTART: Final = 0.5  # seconds from an end to the next start
LOOK: Final = 0.05


class Part:
    """One program of the cloud. Its last words are in ``log``, beside the files it writes itself."""

    def __init__(self, name: str, words: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
        self.name, self.log = name, log
        self._words, self._environment = list(words), dict(environment)
        self._daemon = self._made({})
        self._ended_at: float | None = None
        self._expected = True  # that it does not run

    def _made(self, more: Mapping[str, str]) -> Daemon:
        return Daemon(
            [sys.executable, *self._words],
            user="root",
            log=self.log,
            ready=lambda: True,
            environment=self._environment | dict(more),
            directory=ROOT,
        )

    @property
    def pid(self) -> int:
        """Zero when it does not run."""
        return self._daemon.pid

    def start(self) -> None:
        """Returns at once; it is ready when it is."""
        self._daemon.start()
        self._ended_at, self._expected = None, False

    def kill(self) -> None:
        """As kill -9. The supervisor starts it again."""
        self._expected = True
        self._daemon.kill()

    def terminate(self) -> None:
        """As systemd stops it; the supervisor starts it again. Blocks until it has ended."""
        self._expected = True
        self._daemon.stop()

    def pause(self) -> None:
        """SIGSTOP: it lives, holds what it holds, and does nothing."""
        self._daemon.send(signal.SIGSTOP)

    def resume(self) -> None:
        self._daemon.send(signal.SIGCONT)

    def changed(self, more: Mapping[str, str]) -> None:
        """From the next start on it has these variables too, and no others that were added before."""
        self.kill()
        self._daemon = self._made(more)

    def tend(self) -> bool:
        """Start it when its time has come. Whether it was just found to have ended by itself."""
        if self.pid:
            return False
        now, first = clock.monotonic(), self._ended_at is None
        self._ended_at = now if self._ended_at is None else self._ended_at
        by_itself = first and not self._expected
        if now >= self._ended_at + RESTART:
            self.start()
        return by_itself


class Supervisor:
    """Keeps parts running. ``ended`` is told of each that ended by itself."""

    def __init__(self, parts: Sequence[Part], ended: Callable[[Part], object]) -> None:
        self._parts, self._ended = parts, ended

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for part in self._parts:
                if part.tend():
                    self._ended(part)
            await asyncio.sleep(LOOK)
