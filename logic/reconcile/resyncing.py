"""A complete look at one cluster: who it is, what it has room for, every server, and what is there unasked.

Ten questions for any number of servers and networks, two more where there are volumes (and ten more at most, for jobs that have
failed or are archived). Called by ``watching``; what the answers mean is ``comparing``'s and the road's affair, what belongs to
nobody goes to ``orphans``.
"""

import structlog

from logic import clock
from logic.dispatcher.policy.retrying import retrying
from logic.offload import Offload
from logic.placement import commands as placement
from logic.reconcile import comparing, metrics, networks, orphans, servers, volumes
from logic.reconcile.asking import Asker, answers_of
from logic.reconcile.writing import Pen
from logic.volume.commands.ending import end_with_servers

log = structlog.get_logger(__name__)


async def resync(backend: str, offload: Offload, asker: Asker, pen: Pen) -> bool:
    """Did the cluster answer? One that is another than the one we know does, but nothing it says is believed until an
    operator accepts it."""
    started, at = clock.monotonic(), clock.now()
    facts = await asker.ask(lambda cluster: cluster.facts())
    if facts is None:
        return False
    row = await pen.write("refresh.commit", placement.refresh, backend, facts)
    if row is None:
        log.error("backend.reincarnated", backend=backend, incarnation=facts.incarnation)
        asker.answered("reincarnated")
        return True
    if row.unfit:
        log.warning("backend.unfit", backend=backend, reason=row.unfit)
    known = await retrying(lambda: offload.read(servers.of_backend, backend), "targets")
    answers = await asker.ask(lambda cluster: cluster.observe(known.targets, whole=True))
    if answers is None:
        return False
    found = await offload.call(comparing.compared, known, answers)
    await pen.tell(found.news)
    if not await _networks(backend, offload, asker, pen) or not await _volumes(backend, offload, asker, pen):
        return False
    nobodys = await pen.write("strays.commit", orphans.report, backend, found.strays, at)
    if row.restored:
        await pen.write("refresh.commit", placement.trust, backend)
    metrics.resynced(backend, found.drift + nobodys, comparing.KINDS, clock.monotonic() - started)
    return True


async def _networks(backend: str, offload: Offload, asker: Asker, pen: Pen) -> bool:
    """The same of its networks; those that are missing are asked for again. Did it answer?"""
    places = await retrying(lambda: offload.read(networks.targets, backend), "targets")
    answers = await asker.ask(lambda cluster: answers_of(cluster, places=places)) if places else []
    if answers is None:
        return False
    asker.answered()
    await pen.tell(answers)
    if places:
        await pen.write("look.commit", networks.mended, backend)
    return True


async def _volumes(backend: str, offload: Offload, asker: Asker, pen: Pen) -> bool:
    """The same of its volumes; of those that are where they should be nothing is told, and those that should be gone are deleted
    once more. Did it answer?"""
    known = await retrying(lambda: offload.read(volumes.of_backend, backend), "targets")
    answers = await asker.ask(lambda cluster: answers_of(cluster, stored=known.targets)) if known.targets else []
    if answers is None:
        return False
    await pen.tell(await offload.call(volumes.news, known, answers))
    if known.targets:
        await pen.write("look.commit", end_with_servers, backend, again=True)
    return True
