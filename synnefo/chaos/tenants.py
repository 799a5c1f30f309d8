"""What tenants do in a run: seeded requests to the API, each with its answer in the history."""

import asyncio
import random
from typing import Final

from logic.offload import Offload
from synnefo.chaos.api import Api, Reply
from synnefo.chaos.history import History

SERVERS: Final = 8  # of one tenant's loop
PAUSE: Final = (0.02, 0.25)  # seconds between two requests
WEIGHTS: Final = {"stop": 6, "start": 6, "reboot": 4, "reboot-hard": 2, "delete": 3}
NOT_FOUND: Final = 404


class Tenant:
    """One loop of requests. Its servers are its own."""

    def __init__(self, name: str, api: Api, history: History, offload: Offload, seed: str) -> None:
        self._name, self._api, self._history, self._offload = name, api, history, offload
        self._dice = random.Random(f"{seed} {name}")
        self._servers: list[str] = []
        self._made = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._one()
            await asyncio.sleep(self._dice.uniform(*PAUSE))

    async def _one(self) -> None:
        if len(self._servers) < SERVERS and (not self._servers or self._dice.random() < 0.5):  # noqa: PLR2004 - soon full
            await self._create()
            return
        server = self._dice.choice(self._servers)
        verb = self._dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        reply = await self._offload.call(self._api.act, server, verb)
        self._note(verb, server, reply)
        if (verb == "delete" and reply.ok) or reply.status == NOT_FOUND:
            self._servers.remove(server)

    async def _create(self) -> None:
        self._made += 1
        reply = await self._offload.call(self._api.create, f"{self._name}-{self._made}")
        server = reply.body.get("server", {}).get("id", "") if reply.ok else ""
        self._note("create", server, reply)
        if server:
            self._servers.append(server)

    def _note(self, verb: str, server: str, reply: Reply) -> None:
        self._history.note("asked", verb=verb, server=server, status=reply.status, request=reply.request)
