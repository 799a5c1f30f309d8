"""How a resource follows its own commands: what ports, networks on clusters and volumes have in common. Pure, on the floor.

What is a kind's own stands in its :class:`Ways`, in its ``reactions``; the ledger calls :func:`react` through these. A server is
not among them: any job of its instance tells of it, and its commands overtake each other.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from ganeti.vocabulary import FINAL, LOST, RANK, UNKNOWN_ENTITY
from logic.messages.observations import Accepted, JobChanged, Observation, Postponed, Refused
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot, accepted, postponed, put_back, settled


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Of one kind of resource. ``done`` is what is observed of it when a verb has succeeded (what is not
    named leaves that as it is), ``removal`` the verb that has also
    succeeded where there was nothing (any more), ``failed`` what a failure leaves behind, with its reason; ``looks`` what each
    kind of look at it means, and ``look`` in how many seconds a success asks for one."""

    done: Mapping[str, str]
    removal: str = ""
    failed: Callable[[Snapshot, Effort, str], Snapshot]
    looks: Mapping[type[Observation], Callable[[Snapshot, Any], Outcome]]
    look: float | None = None


def react(ways: Ways, snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of its own commands, and looks at it."""
    if isinstance(observation, JobChanged):
        return _job_changed(ways, snapshot, observation)
    if isinstance(observation, Accepted):
        return accepted(snapshot, observation)
    if isinstance(observation, Postponed):
        return postponed(snapshot, observation)
    if isinstance(observation, Refused):
        return _refused(ways, snapshot, observation)
    meaning = ways.looks.get(type(observation))
    return meaning(snapshot, observation) if meaning else Outcome(snapshot=snapshot)


def outdated(snapshot: Snapshot, *, version: int, incarnation: str) -> Outcome | None:
    """What a look means that asked before the resource has changed, or was answered by another incarnation of the cluster. None
    if it is neither."""
    state = snapshot.state
    if version != state.version:
        return replace(_stale(snapshot, "it has changed since it was asked about"), look=SOON)
    if state.incarnation and incarnation and state.incarnation != incarnation:
        return _stale(snapshot, "another incarnation of the cluster")
    return None


def _job_changed(ways: Ways, snapshot: Snapshot, told: JobChanged) -> Outcome:
    effort = snapshot.effort(told.command)
    if effort is None or not effort.unsettled or told.job <= effort.since:
        return _stale(snapshot, f"{told.opcode} {told.status}", job=told.job)
    if told.status == LOST:
        note = Note(what="job.lost", text=f"job {told.job} is unknown to the cluster", command=effort.id, job=told.job)
        return Outcome(snapshot=put_back(snapshot, effort, delay=0.0, again=True), notes=(note,))
    note = Note(what=f"job.{told.status}", text=told.error or told.message, command=effort.id, job=told.job)
    if told.status not in FINAL:
        moved = replace(effort, status="accepted", job=told.job, rank=max(RANK[told.status], effort.rank))
        return Outcome(snapshot=snapshot.with_effort(moved), notes=(note,))
    if told.status == "success" or (effort.verb == ways.removal and told.error_code == UNKNOWN_ENTITY):
        return Outcome(snapshot=_done(ways, snapshot, effort, told), notes=(note,), look=ways.look)
    outcome = "canceled" if told.status == "canceled" else "error"
    after = settled(snapshot, effort, outcome, code=told.error_code, error=told.error)
    after = ways.failed(after, effort, told.error or f"Its job was {told.status}.")
    return Outcome(snapshot=after, notes=(note,), look=SOON)


def _done(ways: Ways, snapshot: Snapshot, effort: Effort, told: JobChanged) -> Snapshot:
    """An end older than the newest settles its own command, and says nothing of what is there now."""
    after = settled(snapshot, effort, "success")
    if (told.job, told.op) <= snapshot.state.fence:
        return after
    mode = "normal" if snapshot.state.mode == "failed" else snapshot.state.mode
    known = {"mode": mode, "fault": "", "fault_code": "", "missing": 0}
    return after.with_state(
        observed=ways.done.get(effort.verb, after.state.observed), fence=(told.job, told.op), **known
    )


def _refused(ways: Ways, snapshot: Snapshot, told: Refused) -> Outcome:
    effort = snapshot.effort(told.command)
    if effort is None or not effort.unsettled or effort.epoch != told.epoch:
        return _stale(snapshot, f"a refusal of an earlier attempt: {told.reason}", command=told.command)
    after = settled(snapshot, effort, "refused", code=told.code, error=told.reason)
    note = Note(what="refused", text=told.reason, command=effort.id)
    return Outcome(snapshot=ways.failed(after, effort, told.reason), notes=(note,), look=SOON)


def _stale(snapshot: Snapshot, why: str, *, job: int = 0, command: str = "") -> Outcome:
    return Outcome(snapshot=snapshot, notes=(Note(what="stale", text=why, job=job, command=command),))
