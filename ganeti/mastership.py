"""Whether this machine speaks for its cluster: the master does, as Ganeti's own files here say it (``ssconf_*``).

The job queue is copied to every master candidate, so that each of them could. Two that speak at once do no harm, because the
same fact has the same key, and none that speaks does: so only a machine is silent that Ganeti counts among its nodes while it
names another one the master. Used by ``eventd``, which asks again and again: a failover writes the files anew.
"""

import asyncio
import socket
from pathlib import Path
from typing import Final

from logic import clock

MASTER, NODES = "ssconf_master_node", "ssconf_node_list"
EVERY: Final = 1.0  # seconds between two looks


class Mastership:
    """``folder`` is where Ganeti keeps the files, ``myself`` the names that this machine has."""

    def __init__(self, folder: Path, myself: frozenset[str]) -> None:
        self._folder, self._myself = folder, myself

    @property
    def is_ours(self) -> bool:
        master, nodes = self._lines(MASTER), self._lines(NODES)
        return not master or bool(master & self._myself) or not nodes & self._myself

    def _lines(self, name: str) -> frozenset[str]:
        try:
            return frozenset((self._folder / name).read_text().split())
        except (OSError, UnicodeDecodeError):
            return frozenset()

    async def becomes(self, *, ours: bool) -> None:
        """Wait until it is so."""
        while self.is_ours != ours:  # noqa: ASYNC110 - a file rings no bell
            await asyncio.sleep(clock.jitter(EVERY / 2, EVERY))


class Always(Mastership):
    """Of a cloud that has its one event daemon."""

    def __init__(self) -> None:
        super().__init__(Path(), frozenset())

    @property
    def is_ours(self) -> bool:
        return True

    async def becomes(self, *, ours: bool) -> None:
        await (asyncio.sleep(0) if ours else asyncio.Event().wait())


def names_of_this_machine() -> frozenset[str]:
    """Ganeti calls a node by its full name."""
    return frozenset({socket.gethostname(), socket.getfqdn()})
