"""What an observation does to a volume: pure functions, called by the ledger as those of ``logic.compute``.

A volume is a resource of its own: observations of its server do not touch it, only those of its own commands and looks at
where its disk is. A command that failed has perhaps moved the disk part of the way, so each such end asks for a look.
"""

from msgspec.structs import replace

from ganeti.vocabulary import CANCELED, ERROR, OP_REMOVE, UNMET
from logic import following
from logic.messages.observations import JobChanged, Observation, VolumeSeen
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot, put_back
from logic.volume.states import DONE, READ, REPLACING, UNMADE, Mode, Observed

MISSING_LOOKS = 2
MISSING = "missing"  # the fault code of one whose disk is not found
FOUND: dict[str, Observed] = {"attached": Observed.ATTACHED, "held": Observed.HELD, "adrift": Observed.HELD}


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of its own commands, and looks at it."""
    if isinstance(observation, JobChanged) and snapshot.state.verb in REPLACING:
        return _ended(snapshot, _given_up(snapshot, observation))
    return _ended(snapshot, following.react(WAYS, snapshot, observation))


def _given_up(snapshot: Snapshot, told: JobChanged) -> Outcome:
    """Its disk is first set aside, and then removed by the job of the command, which needs the success of that: when the
    removal has begun, the disk is the volume's no more, whether or not it is gone. Of a canceled one nobody knows, and the worker
    looks again."""
    effort = snapshot.effort(told.command)
    if effort and effort.unsettled and told.job > effort.since and told.status == CANCELED:
        note = Note(what="job.canceled", text="it is looked for again", command=effort.id, job=told.job)
        return Outcome(snapshot=put_back(snapshot, effort, delay=0.0, again=True), notes=(note,))
    if told.status == ERROR and told.opcode == OP_REMOVE and told.error_code != UNMET:
        return following.react(WAYS, snapshot, replace(told, status="success"))
    return following.react(WAYS, snapshot, told)


def _ended(before: Snapshot, outcome: Outcome) -> Outcome:
    """The end of making it larger, or of giving up its disk, says of which size it is (``logic.ledger.sizes``) or what it begins
    with (``contents``) from now on. One that has begun with other content has no disk, however late that is told."""
    verb, after = before.state.verb, outcome.snapshot
    if verb not in REPLACING | {"extend"} or after.state.command:
        return outcome
    ended = after.effort(before.state.command)
    if ended is None or ended.outcome != "success":
        return replace(outcome, size="kept")
    return replace(outcome, size="taken", snapshot=after.with_state(observed=DONE.get(verb, after.state.observed)))


def _failed(snapshot: Snapshot, effort: Effort, why: str) -> Snapshot:
    """It is where it was, and can be asked for again. One that could not be deleted says so to its owner; that it could not be
    read is no fault of its own, and said by who waited for that. One that was in error stays so, for the reason that it had."""
    if effort.verb in READ or (effort.verb in REPLACING and snapshot.state.mode == Mode.FAILED):
        return snapshot
    mode = Mode.FAILED if effort.verb == "delete" else snapshot.state.mode
    return snapshot.with_state(mode=mode, fault=why, fault_code=effort.verb)


def _seen(snapshot: Snapshot, seen: VolumeSeen) -> Outcome:
    """Absence is believed on the second look; nothing is while a command is under way."""
    state = snapshot.state
    if late := following.outdated(snapshot, version=seen.version, incarnation=seen.incarnation):
        return late
    if state.command or state.observed == Observed.GONE:
        return Outcome(snapshot=snapshot)
    settled = snapshot
    if state.mode == Mode.AWAITED or (
        state.mode == Mode.RESERVED and (not seen.waits or seen.place == "attached")
    ):  # its server is made, or will not be
        settled = snapshot.with_state(mode=Mode.NORMAL)
    after = _found(settled, FOUND[seen.place]) if seen.place in FOUND else _missing(settled, seen)
    if is_unmade(snapshot, after):
        after = after.with_state(fault="It is not on the server that it was to come to.", fault_code=UNMADE)
    if after.state == state:
        return Outcome(snapshot=snapshot)
    if after.state.missing and after.state.mode == state.mode:
        return Outcome(snapshot=after, look=SOON)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=after.state.fault or f"found {seen.place}"),))


def is_unmade(before: Snapshot, after: Snapshot) -> bool:
    """Has it turned out that the server which it was awaited with could not be made, and that it has not come to it?"""
    over = before.state.mode == Mode.AWAITED != after.state.mode
    return over and after.state.observed not in {Observed.ATTACHED, Observed.GONE}


def _found(snapshot: Snapshot, observed: Observed) -> Snapshot:
    after = snapshot.with_state(observed=observed, missing=0)
    if after.state.fault_code == MISSING:
        return after.with_state(mode=Mode.NORMAL, fault="", fault_code="")
    return after


def _missing(snapshot: Snapshot, seen: VolumeSeen) -> Snapshot:
    """Its disk is on no instance where it could be. A volume that has never had one is not missing."""
    state = snapshot.state
    if state.observed == Observed.NONE or state.fault_code == MISSING:
        return snapshot
    if state.missing + 1 < MISSING_LOOKS:
        return snapshot.with_state(missing=state.missing + 1)
    where = f"it is on the instance {seen.instance}" if seen.instance else "it is nowhere on its cluster"
    fault = f"Its disk is not where it was left: {where}."
    return snapshot.with_state(mode=Mode.FAILED, fault=fault, fault_code=MISSING, missing=state.missing + 1)


WAYS = following.Ways(done=DONE, removal="delete", failed=_failed, looks={VolumeSeen: _seen})
