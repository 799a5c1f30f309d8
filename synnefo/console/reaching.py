"""From a right to see a server's screen to a connection to it, and to no other's.

The cluster is asked where the screen is, and asked again when the connection stands: ports are given to the next instance when
theirs is gone, and only what was so before and after was so in between. Called by ``gate``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from logic.backends.base import Backend, Screen, Showing
from logic.compute.consoles import Admission
from logic.errors import BackendFailure, Gone
from synnefo.console.opening import Address, Opening, connected
from synnefo.console.rfb import Broken

log = structlog.get_logger("synnefo.console")
ANSWER: Final = 10.0  # seconds for a cluster to say where the screen is
Find = Callable[[str], Awaitable[Backend]]
Reach = Callable[[Screen], Awaitable[Address]]


async def straight(screen: Screen) -> Address:
    """Nodes are reached by their names."""
    return Address(screen.host, screen.port)


class Reaching:
    """``find`` gives the adapter of a cluster; ``reach`` the address at which a screen is met; ``password`` is what servers ask
    for, where they do."""

    def __init__(self, find: Find, reach: Reach = straight, *, password: str = "") -> None:
        self._find, self._reach, self._password = find, reach, password

    async def server(self, admission: Admission) -> Opening:
        """Raises :class:`Broken` with a reason for the viewer."""
        before = await self._screen(admission)
        server = await connected(await self._reach(before), self._password)
        try:
            if await self._screen(admission) != before:
                raise Broken("it has just moved; open its console again")  # noqa: TRY301 - closed as for the others
        except BaseException:
            server.wire.abort()
            raise
        return server

    async def _screen(self, admission: Admission) -> Screen:
        screen = await self._ask(admission)
        ours = screen.owner == admission.server and admission.instance_uuid in {"", screen.instance_uuid}
        if not ours:
            raise Broken("its machine is another one by now; open its console again")
        if not screen.running:
            raise Broken("it is not running")
        if not screen.port:
            raise Broken(screen.reason)
        return screen

    async def _ask(self, admission: Admission) -> Screen:
        try:
            async with asyncio.timeout(ANSWER):
                backend = await self._find(admission.backend)
                if not isinstance(backend, Showing):
                    raise Broken(f"clusters of kind {backend.kind} show no screens")
                return await backend.screen(admission.instance)
        except Gone as error:
            raise Broken("its cluster does not know it") from error
        except (BackendFailure, TimeoutError) as error:
            log.warning("console.cluster", backend=admission.backend, error=str(error) or type(error).__name__)
            raise Broken("its cluster does not answer now; try again later") from error
