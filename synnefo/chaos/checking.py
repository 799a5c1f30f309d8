"""The end of a run held against its history: what is lost, wrong, duplicated or stuck.

The invariants that the deterministic simulation has too are its own functions; here are those that need a history of
requests and real job logs. ``pending`` is what may only be *not yet*; ``verdict`` is all of it, once the cloud is at rest.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from logic.ledger.models import Command, Inbox, Journal, Quarantine
from synnefo.chaos.history import History
from synnefo.chaos.truth import Seen
from synnefo.simulation import invariants
from synnefo.simulation.invariants import World

LISTED: Final = 1000  # requests or keys asked for in one query
OUR_FAULT: Final = 500
DELETES: Final = ("delete", "delete-force")
NEEDS_A_JOB: Final = ("create", "start", "stop", "reboot", "reboot-hard")


class Case(msgspec.Struct, frozen=True):
    """What the checker knows: what happened, what the clusters say, how many messages each queue holds."""

    history: History
    seen: Seen
    queues: dict[str, int] = {}

    def world(self) -> World:
        return self.seen.world(poison=self.bodies("poison"))

    def bodies(self, what: str) -> frozenset[bytes]:
        """``poison`` that was sent, or ``confirmed`` by the broker."""
        return frozenset(bytes.fromhex(line.facts["body"]) for line in self.history.of(what))


Check = Callable[[Case], Iterator[str]]


def requests_are_recorded(case: Case) -> Iterator[str]:
    """I1: an accepted request is in the database: as a command, or as a line of the journal. To delete what is being
    deleted changes nothing and leaves nothing: the removal that was under way is enough."""
    known = set(Command.objects.exclude(request="").values_list("request", flat=True))
    known |= set(Journal.objects.exclude(request="").values_list("request", flat=True))
    removed = set(Command.objects.filter(kind="server", verb__in=DELETES).values_list("resource", flat=True))
    for request, asked in sorted(case.history.accepted().items()):
        if request not in known and not (asked.verb == "delete" and asked.server in removed):
            yield f"{asked.verb} was accepted as {request}, and nothing of it is there"


def requests_have_one_command(case: Case) -> Iterator[str]:
    """I1: an accepted request has one command for its server."""
    accepted = case.history.accepted()
    rows = Command.objects.filter(kind="server").exclude(request="").values_list("request", flat=True)
    for request, times in Counter(rows).items():
        if times > 1 and request in accepted:
            yield f"{accepted[request].verb} {request} has {times} commands"


def successes_have_a_job(case: Case) -> Iterator[str]:
    """I1: a command that is said to be done was done by a job."""
    done = {fact.command for fact in case.seen.facts if fact.status == "success"}
    rows = Command.objects.filter(kind="server", verb__in=NEEDS_A_JOB, outcome="success")
    for id, verb in rows.values_list("pk", "verb"):
        if id not in done:
            yield f"{verb} {id} is said to be done, and no job did it"


def facts_are_applied(case: Case) -> Iterator[str]:
    """I2: the end of every job of ours is in the inbox."""
    keys = sorted(case.seen.keys)
    for start in range(0, len(keys), LISTED):
        chunk = keys[start : start + LISTED]
        known = set(Inbox.objects.filter(pk__in=chunk).values_list("key", flat=True))
        yield from (f"never applied: {case.seen.keys[key]}" for key in chunk if key not in known)


def poison_is_kept(case: Case) -> Iterator[str]:
    """I2: poison that the broker has taken is in the quarantine, with its bytes."""
    kept = {bytes(body) for body in Quarantine.objects.values_list("body", flat=True)}
    for body in case.bodies("confirmed") - kept:
        yield f"poison is nowhere: {body[:60]!r}"


def jobs_have_ended(case: Case) -> Iterator[str]:
    """I4: nothing is under way on a cluster."""
    yield from case.seen.busy


def errors_have_a_fault(case: Case) -> Iterator[str]:
    """I10: nothing was logged as an error without a fault to blame, and no exception was forgotten at any time."""
    for line in case.history.of("error"):
        if not line.facts["excused"]:
            yield f"{line.facts['program']} logged {line.facts['event']!r} ({line.facts['fault'] or 'before any fault'})"


def answers_are_clean(case: Case) -> Iterator[str]:
    """I10: whatever is away, no request is answered with a fault of our own."""
    for line in case.history.of("asked"):
        if line.facts["status"] == OUR_FAULT:
            yield f"{line.facts['verb']} {line.facts['request']} was answered with {OUR_FAULT}"


def queues_are_empty(case: Case) -> Iterator[str]:
    """I9: no message waits on the broker, delivered or not."""
    for name, count in case.queues.items():
        if count:
            yield f"{count} messages are left in the queue {name}"


def shared(check: Callable[[World], Iterator[str]]) -> Check:
    """An invariant of the simulation, as one of ours."""

    def held(case: Case) -> Iterator[str]:
        yield from check(case.world())

    held.__doc__ = check.__doc__
    return held


# What may still come right by itself, by what it is called when it does not.
PENDING: Final[dict[str, tuple[Check, ...]]] = {
    "lost": (facts_are_applied, poison_is_kept),
    "wrong": tuple(map(shared, (invariants.states_agree, invariants.no_orphans, invariants.usage_is_the_sum))),
    "stuck": (
        jobs_have_ended,
        queues_are_empty,
        *map(shared, (invariants.nothing_parked, invariants.nothing_stuck, invariants.nobody_holds_on)),
    ),
}
# What has happened or has not.
SETTLED: Final[dict[str, tuple[Check, ...]]] = {
    "lost": (requests_are_recorded, successes_have_a_job),
    "wrong": (
        errors_have_a_fault,
        answers_are_clean,
        shared(invariants.only_poison_is_quarantined),
        shared(invariants.histories_are_paths),
        shared(invariants.every_change_has_a_cause),
    ),
    "duplicated": (requests_have_one_command, shared(invariants.one_effective_job)),
}
WORDS: Final = ("lost", "wrong", "duplicated", "stuck")


def pending(case: Case) -> dict[str, list[str]]:
    """What is not yet as it must be, by word."""
    return _found(case, PENDING)


def verdict(case: Case) -> dict[str, list[str]]:
    """Everything that is not as it must be, by word; every word is there."""
    first, second = _found(case, PENDING), _found(case, SETTLED)
    return {word: [*first.get(word, []), *second.get(word, [])] for word in WORDS}


def _found(case: Case, table: dict[str, tuple[Check, ...]]) -> dict[str, list[str]]:
    return {word: [sentence for check in checks for sentence in check(case)] for word, checks in table.items()}
