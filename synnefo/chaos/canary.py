"""How soon the cloud is well again: on each cluster one server that nobody else touches is started or stopped through the API.

A probe goes the whole road: API, database, dispatcher, remote API, job, event daemon, broker, dispatcher, database. What is
measured from the end of a fault therefore holds one healthy round too (``usual`` says how long that takes).
"""

import asyncio
from typing import Final

from logic import clock
from logic.compute.models import Server
from logic.db import DATABASE_AWAY
from logic.offload import Offload
from synnefo.chaos.api import Api
from synnefo.chaos.history import History

LOOK: Final = 0.1
FIRST: Final = 120.0  # seconds for the first servers of a run
OTHER: Final = {"running": ("stop", "stopped"), "stopped": ("start", "running"), "crashed": ("start", "running")}


class NotWell(Exception):  # noqa: N818 - a state
    """A probe did not come through in time."""


class Canary:
    """``instances`` are the names to leave alone."""

    def __init__(self, api: Api, history: History, offload: Offload) -> None:
        self._api, self._history, self._offload = api, history, offload
        self._servers: dict[str, str] = {}
        self.instances: set[str] = set()
        self.usual = 0.0

    async def settle_in(self, clusters: tuple[str, ...]) -> None:
        """Servers until each cluster has one. Raises :class:`NotWell`."""
        until = clock.monotonic() + FIRST
        made: list[str] = []
        while set(self._servers) != set(clusters):
            made.append(await self._create(until))
            row = await self._reach(made[-1], "running", until)
            self._servers.setdefault(row.backend.name, row.pk)
            self.instances.add(row.instance)
        self.usual = await self.well(FIRST)

    async def well(self, within: float) -> float:
        """Seconds until a probe of each cluster came through. Raises :class:`NotWell`."""
        started = clock.monotonic()
        await asyncio.gather(*[self._probe(server, started + within) for server in self._servers.values()])
        return round(clock.monotonic() - started, 3)

    async def _create(self, until: float) -> str:
        while clock.monotonic() < until:
            reply = await self._offload.call(self._api.create, "canary")
            self._history.note("asked", verb="create", server="", status=reply.status, request=reply.request)
            if reply.ok:
                return str(reply.body["server"]["id"])
            await asyncio.sleep(LOOK)
        raise NotWell("the canary could not be made")

    async def _probe(self, server: str, until: float) -> None:
        row = await self._row(server, until)
        while row.observed not in OTHER:
            self._hurry(until, row)
            await asyncio.sleep(LOOK)
            row = await self._row(server, until)
        _, wanted = OTHER[row.observed]
        await self._reach(server, wanted, until)

    async def _reach(self, server: str, wanted: str, until: float) -> Server:
        """Ask for it as often as nothing is under way, until it is so."""
        while True:
            row = await self._row(server, until)
            if not row.command and row.observed == wanted:
                return row
            if not row.command and row.observed in OTHER:
                await self._ask(server, OTHER[row.observed][0])
            self._hurry(until, row)
            await asyncio.sleep(LOOK)

    async def _ask(self, server: str, verb: str) -> None:
        reply = await self._offload.call(self._api.act, server, verb)
        self._history.note("asked", verb=verb, server=server, status=reply.status, request=reply.request)

    async def _row(self, server: str, until: float) -> Server:
        while True:
            try:
                return await self._offload.read(Server.objects.select_related("backend").get, pk=server)
            except DATABASE_AWAY as error:
                if clock.monotonic() > until:
                    raise NotWell(f"the database does not answer: {error}") from error
                await asyncio.sleep(LOOK)

    @staticmethod
    def _hurry(until: float, row: Server) -> None:
        if clock.monotonic() > until:
            raise NotWell(f"{row.instance} is {row.observed}/{row.mode}, {row.verb or 'nothing'} under way")
