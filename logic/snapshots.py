"""The shapes a reaction folds: a resource's state columns, its unsettled commands, and what came of an observation.

Floor: frozen data. ``logic.<app>.reactions`` are pure functions from a :class:`Snapshot` and an observation to an
:class:`Outcome`; only ``logic.ledger`` reads and writes the rows behind them.
"""

from typing import Literal, Protocol

import msgspec

from logic.messages.observations import Accepted, Observation, Postponed

SOON = 0.5  # seconds until a look that something unexpected asks for
TOLD = "told"  # the code of a command that is not settled: its node has asked for what is secret of it
STEADY = 5.0  # seconds between attempts at a command, when they have failed for a while

Status = Literal["pending", "claimed", "accepted", "settled"]


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """A command as the ledger keeps it.

    ``rank`` is the highest job status seen (-1: none, see ``ganeti.vocabulary``); ``outcome`` is empty until settled:
    ``success error canceled superseded refused unclear``; ``delay`` seconds until a command put back may be claimed;
    ``again`` when an attempt may have reached the backend; ``since`` the highest job id that cannot be of this attempt.
    """

    id: str
    verb: str
    idempotency: str = "natural"
    status: Status = "pending"
    epoch: int = 0
    attempts: int = 0
    job: int = 0
    rank: int = -1
    outcome: str = ""
    code: str = ""
    error: str = ""
    delay: float = 0.0
    again: bool = False
    since: int = 0

    @property
    def unsettled(self) -> bool:
        return self.status != "settled"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The three columns, and what fences them.

    ``observed`` what the backend last said · ``mode`` what outlives a command (``normal``, ``failed`` with ``fault``,
    ``imported``) · ``command``/``verb`` the command in flight (empty: none). ``fence`` is (job, op) of the newest final
    status applied within ``incarnation``; ``missing`` how many looks in a row did not find it; ``version`` grows with each
    change.
    """

    observed: str
    mode: str = "normal"
    fault: str = ""
    fault_code: str = ""
    command: str = ""
    verb: str = ""
    fence: tuple[int, int] = (0, 0)
    incarnation: str = ""
    backend_uuid: str = ""
    missing: int = 0
    version: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A resource at one moment: its id, its state, its unsettled commands in the order they were made."""

    id: str
    state: State
    efforts: tuple[Effort, ...] = ()

    def effort(self, command: str) -> Effort | None:
        return next((effort for effort in self.efforts if effort.id == command), None)

    def working_on(self, job: int) -> Effort | None:
        return next((effort for effort in self.efforts if job and effort.job == job), None)

    @property
    def current(self) -> Effort | None:
        """The command in flight."""
        return self.effort(self.state.command) if self.state.command else None

    def unsettled_beside(self, effort: Effort | None) -> bool:
        return any(other.unsettled for other in self.efforts if effort is None or other.id != effort.id)

    def with_state(self, **changes: object) -> "Snapshot":
        return msgspec.structs.replace(self, state=msgspec.structs.replace(self.state, **changes))

    def with_effort(self, changed: Effort) -> "Snapshot":
        efforts = tuple(changed if effort.id == changed.id else effort for effort in self.efforts)
        return msgspec.structs.replace(self, efforts=efforts)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the journal: what happened, in words for the timeline, under which command and job."""

    what: str
    text: str = ""
    command: str = ""
    job: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one observation. ``look`` asks for an observation of the resource in that many seconds. ``no_room`` is the
    command that its backend had no room for: unless it is tried on another, this is the end of it. ``size`` is what has become of
    the size of a server that is being resized (``logic.compute.resized.Change``), or of the size or the content of a volume."""

    snapshot: Snapshot
    notes: tuple[Note, ...] = ()
    look: float | None = None
    no_room: str = ""
    size: str = ""


class Reaction(Protocol):
    """The signature of every ``react``."""

    def __call__(self, snapshot: Snapshot, observation: Observation) -> Outcome: ...


def settled(snapshot: Snapshot, effort: Effort, outcome: str, *, code: str = "", error: str = "") -> Snapshot:
    """The snapshot with one command settled, and no longer in flight if it was."""
    done = msgspec.structs.replace(effort, status="settled", outcome=outcome, code=code, error=error)
    after = snapshot.with_effort(done)
    return after.with_state(command="", verb="") if after.state.command == effort.id else after


def put_back(snapshot: Snapshot, effort: Effort, *, delay: float, again: bool) -> Snapshot:
    """The snapshot with one command to be sent again after ``delay`` seconds. Its last job is behind it; ``again`` when
    an attempt may still be somewhere, so that the worker looks before it sends."""
    since = max(effort.since, effort.job)
    waiting = msgspec.structs.replace(effort, status="pending", job=0, rank=-1, delay=delay, again=again, since=since)
    return snapshot.with_effort(waiting)


def accepted(snapshot: Snapshot, seen: Accepted) -> Outcome:
    """A command has its job. A second job for the same command is noted and looked at: one of them is effective. One whose
    end was heard of before, so that the command was put back, is behind it: nothing would be heard of that job again. The
    answer to the attempt under way is believed whatever its number: a cluster that was restored counts from an older one."""
    effort = snapshot.effort(seen.command)
    if effort and seen.job <= effort.since and effort.status == "claimed" and effort.epoch == seen.epoch:
        effort = msgspec.structs.replace(effort, since=seen.job - 1)
    if effort is None or not effort.unsettled or seen.job <= effort.since:
        note = Note(what="stale", text="accepted, but settled already", command=seen.command, job=seen.job)
        return Outcome(snapshot=snapshot, notes=(note,))
    if effort.job and effort.job != seen.job:
        note = Note(what="unexpected", text=f"a second job beside {effort.job}", command=effort.id, job=seen.job)
        return Outcome(snapshot=snapshot, notes=(note,), look=SOON)
    after = snapshot.with_effort(msgspec.structs.replace(effort, status="accepted", job=seen.job))
    return Outcome(snapshot=after, notes=(Note(what="accepted", command=effort.id, job=seen.job),))


def postponed(snapshot: Snapshot, seen: Postponed) -> Outcome:
    """A command goes back to the queue, unless somebody has learnt more about it meanwhile. A short delay grows with each
    attempt: a blink of the cluster costs little, and one that is away is not asked all the time."""
    effort = snapshot.effort(seen.command)
    if effort is None or effort.status != "claimed" or effort.epoch != seen.epoch:
        note = Note(what="stale", text=f"postponed by an earlier attempt: {seen.reason}", command=seen.command)
        return Outcome(snapshot=snapshot, notes=(note,))
    delay = min(seen.delay * max(effort.attempts, 1), max(seen.delay, STEADY))
    after = put_back(snapshot, effort, delay=delay, again=seen.unclear)
    return Outcome(snapshot=after, notes=(Note(what="postponed", text=seen.reason, command=effort.id),))


def sooner(first: float | None, second: float | None) -> float | None:
    """Of two waits for a look, either of which may be none."""
    return min((wait for wait in (first, second) if wait is not None), default=None)
