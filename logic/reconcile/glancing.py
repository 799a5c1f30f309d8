"""A glance at one cluster: who runs there and who does not, every few seconds, and nothing else.

Guests that die or end by themselves make no job, and nobody tells. What a glance finds is no fact that would be written, only
a reason for a look: that reads rows before it asks, and jobs before instances, so that nobody is taken for dead whom a job has
down. Called by ``watching``.
"""

from collections.abc import Mapping
from typing import Final

from logic.backends.base import Backend, Glancing
from logic.dispatcher.policy.retrying import retrying
from logic.offload import Offload
from logic.reconcile import servers
from logic.reconcile.asking import Asker

NEVER: Final[Mapping[str, str]] = {}  # the answer of a kind of backend that has no glance


async def glance(backend: str, offload: Offload, asker: Asker) -> list[str] | None:
    """The servers that are in another condition than we say, nothing being under way for them; None of a kind of backend
    that has no glance. One that does not answer, or is left alone, has no differences."""
    await asker.circuit.admitted()
    found = await asker.ask(_glanced)
    if found is None:
        return []
    if found is NEVER:
        asker.circuit.spared()
        return None
    asker.answered("glanced")
    return await retrying(lambda: offload.read(servers.at_odds, backend, found), "glance")


async def _glanced(cluster: Backend) -> Mapping[str, str]:
    return await cluster.glance() if isinstance(cluster, Glancing) else NEVER
