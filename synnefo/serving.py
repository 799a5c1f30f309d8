"""``python -m synnefo.serving``: the APIs of one node, as its systemd unit starts them: uvicorn's master process and its workers.

Beyond uvicorn's own command line: systemd is told when the APIs serve (every worker listens and ``/health`` is well: the
database answers), that the master goes on (it replaces workers that have died), and that it stops. A worker whose loop has
stood still for ``HUNG`` seconds writes where it stands to stderr and ends itself: the master cannot see that, as uvicorn's
workers answer it from a thread. No Django here; the workers import ``synnefo.asgi``.
"""

import argparse
import faulthandler
import functools
import http.client
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Final

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from logic.supervision import Supervisor

APPLICATION: Final = "synnefo.asgi:application"
CONSOLES: Final = "synnefo.console.endpoint:Endpoint"
TICK: Final = 1  # seconds between two signs of life of a worker's loop
HUNG: Final = 30.0  # seconds without one
PATIENCE: Final = 6.0  # seconds for /health, which answers in five


class Api(Multiprocess):
    """uvicorn's master; calls ``keep_subprocess_alive`` about twice a second."""

    def __init__(self, config: Config, listening: socket.socket, supervisor: Supervisor) -> None:
        super().__init__(config, sockets=[listening])
        self._listening, self._supervisor = listening, supervisor
        self._served = False

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if not self.should_exit.is_set():
            self._supervisor.turned(self._standing())

    def handle_term(self) -> None:
        self._supervisor.stopping()
        super().handle_term()

    def _standing(self) -> dict[str, bool]:
        """Asked until it has served once; from then on the answer is that of ``/health`` to whoever watches it."""
        if self._served:
            return {}
        workers = all(one.is_ready(timeout=1) for one in self.processes)
        standing = {"workers": workers, "database": workers and is_well(self._listening)}
        self._served = all(standing.values())
        return standing


def is_well(listening: socket.socket) -> bool:
    """Does one of the workers say that it is?"""
    host, port = listening.getsockname()[:2]
    asking = http.client.HTTPConnection(_loopback(host), port, timeout=PATIENCE)
    try:
        asking.request("GET", "/health")
        return asking.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _loopback(host: str) -> str:
    """The way to a socket that listens everywhere."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


async def turned(master: int, hung: float) -> None:
    """Called on the loop of a worker: unless it is again within the time, the process ends, and says where it stood. So it does
    when its master is no more: else it would keep the port from the next."""
    faulthandler.dump_traceback_later(hung, exit=True)
    if os.getppid() != master:
        signal.raise_signal(signal.SIGTERM)


def config(host: str, port: int, workers: int, *, application: str = APPLICATION, hung: float = HUNG) -> Config:
    """Forwarded headers are the API's affair (``TRUST_FORWARDED_HEADERS``), its access log too."""
    return Config(
        application,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws=CONSOLES,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=10,
        callback_notify=functools.partial(turned, os.getpid(), hung),
        timeout_notify=TICK,
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m synnefo.serving", description="The APIs of one node.")
    made.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--workers", type=int, default=4, help="processes; one a core")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT."""
    given = parser().parse_args(arguments)
    faulthandler.enable()
    supervisor = Supervisor.of(os.environ)
    made = config(given.host, given.port, given.workers)
    Api(made, made.bind_socket(), supervisor).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
