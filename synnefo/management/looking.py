"""Looking at a whole cluster for ``manage.py reconcile``: what would change, and putting it right.

The answers go the road that the reconciler's go; nothing here decides what they mean.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

import msgspec

from logic.backends.base import Backend, Facts
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import BackendFailure, Conflict
from logic.ledger.envelopes import local
from logic.messages.observations import AnyObservation
from logic.placement import commands as placement
from logic.reconcile import orphans, planning, servers
from logic.reconcile.planning import Change, Stray
from synnefo.management.asking import ask
from synnefo.management.backends import backend

ROUNDS = 3
BETWEEN = 1.0  # seconds between two rounds
Answers = Sequence[AnyObservation]
CHUNK = 200  # observations in one transaction


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking at a cluster. ``asked`` counts servers; ``problem`` is why there is no answer."""

    backend: str
    asked: int = 0
    changes: list[Change] = []
    strays: list[Stray] = []
    problem: str = ""


def plan(name: str) -> Look:
    """One look; nothing is written."""
    try:
        asked, _, answers = _answers(name)
    except (BackendFailure, Conflict) as error:
        return Look(backend=name, problem=str(error))
    return _look(name, asked, answers)


def fix(name: str) -> Look:
    """Look and put it right, until there is nothing more to do or :data:`ROUNDS` are over. All that was changed."""
    changes: list[Change] = []
    for number in range(ROUNDS):
        if number:
            asyncio.run(asyncio.sleep(BETWEEN))
        try:
            asked, facts, answers = _answers(name)
        except (BackendFailure, Conflict) as error:
            return Look(backend=name, changes=changes, problem=str(error))
        look = _look(name, asked, answers)
        changes += look.changes
        placement.refresh(name, facts)
        _tell(answers)
        if not look.changes and not any(stray.kind == "ghost" for stray in look.strays):
            break
    return msgspec.structs.replace(look, changes=changes)


def _answers(name: str) -> tuple[int, Facts, Answers]:
    """Raises :class:`BackendFailure`, and :class:`Conflict` when it is not the cluster we know."""
    expected, targets = backend(name).incarnation, servers.of_backend(name)

    async def question(cluster: Backend) -> tuple[Facts, Answers]:
        facts = await cluster.facts()
        return facts, cast(Answers, await cluster.observe(targets, whole=True))

    facts, answers = ask(name, question)
    if expected and facts.incarnation != expected:
        reason = f"Backend {name} is now the cluster {facts.incarnation}, not {expected}: nothing it says is believed."
        raise Conflict(reason=f"{reason} See `manage.py backend-modify --accept-incarnation`.")
    return len(targets), facts, answers


def _look(name: str, asked: int, answers: Answers) -> Look:
    strays = planning.sorted_out(planning.strays(answers))
    return Look(backend=name, asked=asked, changes=planning.plan(answers), strays=strays)


def _tell(answers: Answers) -> None:
    strays = planning.strays(answers)
    known = [one for one in answers if one not in strays]
    for start in range(0, len(known), CHUNK):
        apply_all([local(one) for one in known[start : start + CHUNK]])
    if strays:
        orphans.report(strays)
