"""What a server's guest has said on its serial console: asked of its cluster, with a bound.

Called by the compute facade, which has found who may read it. The process's own is made of the settings at the first question,
unless who runs the cloud in one process has installed another.
"""

import asyncio
from typing import Final

import structlog

from logic.backends.base import Recalling, Whose
from logic.compute.consoles import Logged
from logic.errors import BackendFailure, Gone, NotFound, NotSupported, Unavailable
from synnefo.console.reaching import Find

log = structlog.get_logger("synnefo.console")
ANSWER: Final = 20.0  # seconds for the cluster to say where it is, and for the node to tell


class NoLog(NotFound):
    """Server {id} has no console log: nothing was kept of what its guest said since it was started."""

    code = "no-console-log"


class Logs:
    """``find`` gives the adapter of a cluster."""

    def __init__(self, find: Find) -> None:
        self._find = find

    async def text(self, logged: Logged, lines: int) -> str:
        """The last lines of what is kept, -1: all of it. Raises :class:`NoLog`, :class:`NotSupported`, :class:`Unavailable`."""
        said = await self._asked(logged, lines)
        if said is None:
            raise NoLog(id=logged.server)
        return said

    async def _asked(self, logged: Logged, lines: int) -> str | None:
        whose = Whose(server=logged.server, instance=logged.instance, instance_uuid=logged.instance_uuid)
        try:
            async with asyncio.timeout(ANSWER):
                backend = await self._find(logged.backend)
                if not isinstance(backend, Recalling):
                    raise NotSupported(reason=f"Clusters of kind {backend.kind} keep no log of a server's console.")
                return await backend.console_log(whose, lines)
        except Gone as error:
            raise NoLog(id=logged.server) from error
        except (BackendFailure, TimeoutError) as error:
            log.warning("console.log", backend=logged.backend, error=str(error) or type(error).__name__)
            raise Unavailable(
                reason="The node of the server does not tell its console log now.", retry_after=10
            ) from error


_logs: Logs | None = None


def install(logs: Logs | None) -> None:
    """Who is asked from now on; None: one by the settings, made at the next question."""
    global _logs  # noqa: PLW0603 - one process has one
    _logs = logs


def current() -> Logs:
    global _logs  # noqa: PLW0603
    if _logs is None:
        from synnefo.console.making import logs  # noqa: PLC0415 - by the settings, once they are needed

        _logs = logs()
    return _logs
