"""What the supervisor (systemd) is told of this process: that it serves, that its loop turns, what it waits for, that it stops.

Called by the dispatcher's command, the event daemon and the API's master process. ``sd_notify(3)``: a datagram of lines
``NAME=value`` to the socket that ``NOTIFY_SOCKET`` names; nothing is told where there is none. It is written out here since the
small library for it (``sdnotify``) has had no release since 2017, and the one that is kept (``systemd-python``) is compiled
against libsystemd on each machine, Ganeti's masters among them. Floor: nothing of ours.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from typing import Final

SOCKET: Final = "NOTIFY_SOCKET"
STARTING: Final = 0.2  # seconds between two looks until it serves
BEAT: Final = 1.0  # and from then on; a fraction of any WatchdogSec
PATIENCE: Final = 30  # seconds more to start, asked for as long as it turns: only a start that hangs is ended

Facts = Callable[[], Mapping[str, bool]]


class Supervisor:
    """``address``: a path, or an abstract name that begins with ``@``; empty when nobody supervises."""

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._serves = self._stops = False

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "Supervisor":
        """The one of this process, which its children are not told of."""
        return cls(environment.pop(SOCKET, ""))

    @property
    def beat(self) -> float:
        """Seconds until it is to be told again."""
        return BEAT if self._serves else STARTING

    def __bool__(self) -> bool:
        return bool(self._address)

    def turned(self, facts: Mapping[str, bool]) -> None:
        """The loop goes on. The process serves from when all facts are so for the first time."""
        if self._stops:
            self._tell("WATCHDOG=1")
            return
        missing = ", ".join(name for name, so in facts.items() if not so)
        lines = ["WATCHDOG=1", f"STATUS={f'Waiting for: {missing}' if missing else 'Serving'}"]
        if not (missing or self._serves):
            self._serves = self._tell("READY=1", *lines)
        else:
            self._tell(*lines, *([] if self._serves else [f"EXTEND_TIMEOUT_USEC={PATIENCE * 1_000_000}"]))

    def stopping(self) -> None:
        """It has been told to end, and finishes what is under way."""
        self._stops = True
        self._tell("STOPPING=1", "STATUS=Finishing what is under way")

    def _tell(self, *lines: str) -> bool:
        """Whether it was taken. What is not is told again by the next turn: nobody waits for a supervisor."""
        if not self._address:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.setblocking(False)
                out.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            return False
        return True


@contextlib.asynccontextmanager
async def supervised(supervisor: Supervisor, facts: Facts) -> AsyncIterator[None]:
    """Within the block the supervisor hears from this loop."""
    telling = asyncio.create_task(_telling(supervisor, facts))
    try:
        yield
    finally:
        telling.cancel()


async def _telling(supervisor: Supervisor, facts: Facts) -> None:
    while supervisor:
        supervisor.turned(facts())
        await asyncio.sleep(supervisor.beat)
