"""Looking at a whole cluster for ``manage.py reconcile``: what would change, and putting it right.

The answers go the road that the reconciler's go; nothing here decides what they mean.
"""

import asyncio
import datetime
from collections.abc import Sequence

import msgspec

from logic import clock
from logic.backends.base import Backend, Facts
from logic.dispatcher.applying import report
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import BackendFailure, Conflict
from logic.ledger.envelopes import local
from logic.messages.observations import AnyObservation, Observation
from logic.placement import commands as placement
from logic.reconcile import comparing, orphans, planning, servers
from logic.reconcile.comparing import Comparison
from logic.reconcile.planning import Change, Nobodys
from synnefo.management.asking import ask
from synnefo.management.backends import backend

ROUNDS = 3
BETWEEN = 1.0  # seconds between two rounds
CHUNK = 200  # observations in one transaction


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at a cluster. ``asked`` counts servers; ``drift`` those that differ, by how; ``strays`` are
    nobody's instances, those in quarantine when there was no answer, and ``problem`` says why there was none."""

    backend: str
    asked: int = 0
    changes: list[Change] = []
    strays: list[Nobodys] = []
    drift: dict[str, int] = {}
    problem: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What a cluster said, compared with the rows."""

    asked: int
    facts: Facts
    found: Comparison
    at: datetime.datetime


def plan(name: str) -> Look:
    """One look; nothing is written."""
    try:
        answer = _answer(name)
    except (BackendFailure, Conflict) as error:
        return Look(backend=name, strays=planning.quarantined(name), problem=str(error))
    return _look(name, answer)


def fix(name: str) -> Look:
    """Look and put it right, until there is nothing more to do or :data:`ROUNDS` are over. All that was changed."""
    changes: list[Change] = []
    for number in range(ROUNDS):
        if number:
            asyncio.run(asyncio.sleep(BETWEEN))
        try:
            answer = _answer(name)
        except (BackendFailure, Conflict) as error:
            return Look(backend=name, changes=changes, strays=planning.quarantined(name), problem=str(error))
        look = _look(name, answer)
        changes += look.changes
        placement.refresh(name, answer.facts)
        _tell(answer.found.news)
        orphans.report(name, answer.found.strays, answer.at)
        if not look.changes and not any(stray.kind == orphans.GHOST for stray in look.strays):
            break
    return msgspec.structs.replace(look, changes=changes)


def _answer(name: str) -> Answer:
    """Raises :class:`BackendFailure`, and :class:`Conflict` when it is not the cluster we know."""
    at = clock.now()
    expected, known = backend(name).incarnation, servers.of_backend(name)

    async def question(cluster: Backend) -> tuple[Facts, Sequence[Observation]]:
        facts = await cluster.facts()
        return facts, await cluster.observe(known.targets, whole=True)

    facts, answers = ask(name, question)
    if expected and facts.incarnation != expected:
        reason = f"Backend {name} is now the cluster {facts.incarnation}, not {expected}: nothing it says is believed."
        raise Conflict(reason=f"{reason} See `manage.py backend-modify --accept-incarnation`.")
    return Answer(len(known.targets), facts, comparing.compared(known, answers), at)


def _look(name: str, answer: Answer) -> Look:
    strays = planning.nobodys(name, answer.found.strays)
    drift = {kind: count for kind, count in answer.found.drift.items() if count}
    for stray in strays:
        drift[stray.kind] = drift.get(stray.kind, 0) + 1
    return Look(backend=name, asked=answer.asked, changes=planning.plan(answer.found.news), strays=strays, drift=drift)


def _tell(news: Sequence[AnyObservation]) -> None:
    for start in range(0, len(news), CHUNK):
        report(apply_all([local(one) for one in news[start : start + CHUNK]]), [])
