"""Somebody who works at the clusters with Ganeti's own tools: starts, stops, reboots and removes what is ours, past Synnefo.

Each order makes a job that nobody of ours has asked for, and so events that nobody waits for. The canary's instances are
left alone.
"""

import asyncio
import random
from collections.abc import Collection
from typing import Final

from ganeti.rapi import RapiClient
from ganeti.replies import Instance
from logic.errors import BackendFailure
from logic.offload import Offload
from synnefo.chaos.history import History
from synnefo.chaos.masters import Master

LOOK: Final = 1.0  # seconds between looks at what there is
REASON: Final = "outside"
PREFIX: Final = "snf-"
REMOVALS: Final = 0.01


class Outsider:
    """One cluster's. ``pause`` is seconds between two orders, in the mean; ``spared`` names instances to leave alone."""

    def __init__(  # noqa: PLR0913 - what he works with
        self, master: Master, history: History, offload: Offload, *, seed: str, pause: float, spared: Collection[str]
    ) -> None:
        self._master, self._history, self._offload = master, history, offload
        self._pause, self._spared = pause, spared
        self._dice = random.Random(f"{seed} outside {master.name}")

    async def run(self) -> None:
        """Until cancelled."""
        client = self._master.client()
        while True:
            try:
                await self._work(client)
            except BackendFailure:
                await asyncio.sleep(LOOK)

    async def _work(self, client: RapiClient) -> None:
        """Orders for a while, as things stand now."""
        found = [one for one in await self._offload.call(client.instances) if self._may(one)]
        loop = asyncio.get_running_loop()
        until = loop.time() + LOOK
        self._dice.shuffle(found)
        for one in found:
            if loop.time() > until:
                return
            verb = self._verb(one)
            job = await self._offload.call(_order, client, verb, one.name)
            self._history.note("outside", cluster=self._master.name, verb=verb, instance=one.name, job=job)
            await asyncio.sleep(self._dice.uniform(0, 2 * self._pause))
        if not found:
            await asyncio.sleep(LOOK)

    def _may(self, one: Instance) -> bool:
        return one.name.startswith(PREFIX) and one.name not in self._spared

    def _verb(self, one: Instance) -> str:
        if self._dice.random() < REMOVALS:
            return "remove"
        return self._dice.choice(("shutdown", "reboot")) if one.condition == "running" else "startup"


def _order(client: RapiClient, verb: str, name: str) -> int:
    if verb == "shutdown":
        return client.shutdown(name, timeout=10, reason=REASON)
    if verb == "reboot":
        return client.reboot(name, hard=True, reason=REASON)
    return (client.startup if verb == "startup" else client.remove)(name, reason=REASON)
