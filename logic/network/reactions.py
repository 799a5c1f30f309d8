"""What an observation does to a port: pure functions, called by the ledger as those of ``logic.compute``.

A port is a child of its server: it has its own command in flight, and a port with one is never changed by somebody
else's observation of the server.
"""

from logic import following
from logic.messages.observations import InstanceSeen, Nic, Observation
from logic.network.states import Observed
from logic.snapshots import SOON, Effort, Note, Outcome, Snapshot, State, settled

# One that was made with its server or for it is gone when it is unplugged, with its address and its quota.
DONE: dict[str, Observed] = {
    "plug": Observed.PLUGGED,
    "attach": Observed.PLUGGED,
    "unplug": Observed.GONE,
    "release": Observed.NONE,
}
# The fault codes of a port whose plugging failed, by the verb that it was: a look says whether it is there after all.
NEVER_PLUGGED, NEVER_ATTACHED = "plug", "attach"
MISSING_LOOKS = 2


def react(snapshot: Snapshot, observation: Observation) -> Outcome:
    """The one entrance: observations of a port's own command, and looks at its server."""
    return following.react(WAYS, snapshot, observation)


def device_gone(snapshot: Snapshot, *, owned: bool) -> Outcome:
    """Its server is deleted: a port made with it goes too, and one that is being deleted; any other is free again. Its commands
    have no object left."""
    after, goes = snapshot, owned or snapshot.state.verb == "unplug"
    for effort in snapshot.efforts:
        if effort.unsettled:
            after = settled(after, effort, "canceled", code="gone", error="The server was deleted.")
    after = after.with_state(observed=Observed.GONE if goes else Observed.NONE, missing=0)
    return Outcome(snapshot=after, notes=(Note(what="device-gone", text="its server was deleted"),))


def device_built(snapshot: Snapshot) -> Outcome:
    """The build of its server has succeeded, and with it this interface."""
    if snapshot.state.command or snapshot.state.observed != Observed.NONE:
        return Outcome(snapshot=snapshot)
    after = snapshot.with_state(observed=Observed.PLUGGED, missing=0)
    return Outcome(snapshot=after, notes=(Note(what="device-built", text="plugged with its server"),))


def _failed(snapshot: Snapshot, effort: Effort, why: str) -> Snapshot:
    failed = effort.verb in (NEVER_PLUGGED, NEVER_ATTACHED)
    return snapshot.with_state(fault=why, fault_code=effort.verb) if failed else snapshot


def is_free(before: Snapshot, after: Snapshot) -> bool:
    """Has it been taken off its server, and lives on? One that is gone goes with its server."""
    was, now = before.state, after.state
    attached = was.observed == Observed.PLUGGED or NEVER_ATTACHED in (was.verb, was.fault_code)
    return attached and now.observed == Observed.NONE and not (now.command or now.fault_code)


def _seen(snapshot: Snapshot, seen: InstanceSeen) -> Outcome:
    """The server's interfaces, by name: ours ends with the port's uuid. Those of an instance that nobody has marked as ours (an
    import that is not confirmed) have none, and are known by the cluster's uuid. Absence is believed on the second look."""
    state = snapshot.state
    if state.command or state.observed == Observed.GONE:
        return Outcome(snapshot=snapshot)
    nic = next((nic for nic in seen.nics if _is_of(snapshot, nic, seen)), None)
    if nic:
        known = {"backend_uuid": nic.uuid, "missing": 0, "fault": "", "fault_code": ""}
        after = snapshot.with_state(observed=Observed.PLUGGED, **known)
    elif state.fault_code == NEVER_PLUGGED:
        after = snapshot.with_state(observed=Observed.GONE, missing=0)
    elif state.observed == Observed.PLUGGED and state.missing + 1 < MISSING_LOOKS:
        return Outcome(snapshot=snapshot.with_state(missing=state.missing + 1), look=SOON)
    else:
        after = snapshot.with_state(observed=Observed.NONE, missing=0, **_recovered(state))
    if after.state == state:
        return Outcome(snapshot=snapshot)
    return Outcome(snapshot=after, notes=(Note(what="seen", text=f"found {after.state.observed}"),))


def _recovered(state: State) -> dict[str, str]:
    """What has never been attached is as it was."""
    return {"fault_code": "", "fault": ""} if state.fault_code == NEVER_ATTACHED else {}


def _is_of(snapshot: Snapshot, nic: Nic, seen: InstanceSeen) -> bool:
    unmarked = not seen.owner and nic.uuid and nic.uuid == snapshot.state.backend_uuid
    return nic.name.endswith(snapshot.id) or bool(unmarked)


WAYS = following.Ways(done=DONE, failed=_failed, looks={InstanceSeen: _seen}, look=SOON)
