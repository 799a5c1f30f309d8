"""Reactions, tried on sequences nobody wrote down: pure, so thousands of lives take a second."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ganeti.vocabulary import FINAL, RANK
from logic.compute.reactions import react
from logic.compute.states import IN_FLIGHT, Observed
from logic.messages.observations import Accepted, BuildProgress, InstanceSeen, JobChanged, NicSeen, Postponed, Refused
from logic.snapshots import Effort, Snapshot, State

COMMANDS = ("c1", "c2")
commands = st.sampled_from(COMMANDS)
jobs = st.integers(1, 4)
OPCODES = ["OP_INSTANCE_CREATE", "OP_INSTANCE_STARTUP", "OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_REMOVE", "OP_X"]
observations = st.one_of(
    st.builds(
        JobChanged, cluster=st.just("k"), job=jobs, op=st.just(0), status=st.sampled_from([*RANK]), instance=st.just("i"),
        opcode=st.sampled_from(OPCODES),
        command=st.sampled_from(["", *COMMANDS]), error_code=st.sampled_from(["", "unknown_entity", "already_exists"]),
    ),
    st.builds(Accepted, cluster=st.just("k"), command=commands, epoch=st.integers(0, 2), job=jobs),
    st.builds(Refused, cluster=st.just("k"), command=commands, epoch=st.integers(0, 2), code=st.just("x"), reason=st.just("r")),
    st.builds(Postponed, cluster=st.just("k"), command=commands, epoch=st.integers(0, 2), delay=st.just(1.0), reason=st.just("")),
    st.builds(
        InstanceSeen, cluster=st.just("k"), server=st.just("s"), version=st.integers(0, 3), exists=st.booleans(),
        owner=st.sampled_from(["s", "t"]), status=st.sampled_from(["running", "stopped", "crashed"]), busy=st.booleans(),
    ),
    st.builds(NicSeen, cluster=st.just("k"), instance=st.just("i"), path=st.just("instance-start"), phase=st.just("post")),
    st.builds(BuildProgress, cluster=st.just("k"), instance=st.just("i"), percent=st.floats(0, 100)),
)  # fmt: skip
verbs = st.sampled_from([*IN_FLIGHT])


@st.composite
def snapshots(draw):
    """A server with one command in flight and perhaps an earlier one unsettled."""
    efforts = [
        Effort(id="c2", verb=draw(verbs), status=draw(st.sampled_from(["pending", "claimed"])), epoch=1, attempts=1)
    ]
    if draw(st.booleans()):
        efforts.insert(0, Effort(id="c1", verb=draw(verbs), status="accepted", epoch=1, attempts=1, job=1))
    observed = draw(st.sampled_from(["none", "running", "stopped", "crashed"]))
    return Snapshot(id="s", state=State(observed=observed, command="c2", verb=efforts[-1].verb), efforts=tuple(efforts))


def live(snapshot, told):
    for one in told:
        outcome = react(snapshot, one)
        yield snapshot, outcome
        snapshot = outcome.snapshot


@settings(max_examples=1500, deadline=None)
@given(snapshots(), st.lists(observations, max_size=12))
def test_whatever_is_told_a_server_keeps_its_promises(snapshot, told):
    for before, outcome in live(snapshot, told):
        after = outcome.snapshot
        # The end is the end
        if before.state.observed == Observed.GONE:
            assert after.state.observed == Observed.GONE
        # Gone is final only when no command is unsettled
        if after.state.observed == Observed.GONE and before.state.observed != Observed.GONE:
            assert not after.unsettled_beside(None)
        # The command in flight is one that is unsettled, and its verb is the one that is shown
        if after.state.command:
            current = after.current
            assert current is not None
            assert current.unsettled
            assert current.verb == after.state.verb
        # What is settled stays settled, with its outcome
        for old in before.efforts:
            new = after.effort(old.id)
            assert old.unsettled or new == old
            assert new.unsettled or new.outcome
        # The fence never goes back
        assert after.state.fence >= before.state.fence


@settings(max_examples=500, deadline=None)
@given(snapshots(), observations)
def test_a_success_or_an_error_told_twice_is_told_once(snapshot, one):
    first = react(snapshot, one).snapshot
    if isinstance(one, JobChanged) and one.status in FINAL and first.state.observed != Observed.GONE:
        settled_before = [effort for effort in first.efforts if not effort.unsettled]
        second = react(first, replace(one, log_serial=1)).snapshot
        assert second.state.observed == first.state.observed
        assert [second.effort(effort.id) for effort in settled_before] == settled_before


def ended(command, job, status, opcode="OP_INSTANCE_REMOVE", **more):
    return JobChanged(
        cluster="k", job=job, op=0, status=status, instance="i", opcode=opcode, command=command, **more
    )  # fmt: skip


def test_an_answer_that_comes_after_the_end_of_its_job_does_not_bind_a_command_that_was_put_back_to_that_job():
    # Given a removal whose job fails while the worker still waits for the cluster's answer
    effort = Effort(id="d", verb="delete", status="claimed", epoch=1, attempts=1)
    server = Snapshot(id="s", state=State(observed="stopped", command="d", verb="delete"), efforts=(effort,))
    server = react(server, ended("d", 7, "error")).snapshot
    assert server.current.status == "pending"
    # When the answer comes, then the command is still to be sent again: nobody will tell the end of that job once more
    late = react(server, Accepted(cluster="k", command="d", epoch=1, job=7))
    assert (late.snapshot, [note.what for note in late.notes]) == (server, ["stale"])
    again = react(server, Accepted(cluster="k", command="d", epoch=2, job=9)).snapshot
    assert (again.current.status, again.current.job) == ("accepted", 9)


def test_a_removal_does_not_wait_for_the_build_that_it_overtook_and_that_met_an_instance_of_its_name():
    # Given a build that is over with "already exists", and a removal that has overtaken it before anybody looked
    build = Effort(id="c", verb="create", idempotency="named", status="accepted", job=3, rank=RANK["error"], attempts=2)
    removal = Effort(id="d", verb="delete", status="accepted", job=4, epoch=1, attempts=1)
    server = Snapshot(id="s", state=State(observed="none", command="d", verb="delete"), efforts=(build, removal))
    # When the removal succeeds, then both are over
    after = react(server, ended("d", 4, "success")).snapshot
    assert (after.state.observed, after.state.command) == (Observed.GONE, "")
    assert [(one.outcome, one.code) for one in after.efforts] == [("error", "already_exists"), ("success", "")]


@pytest.mark.parametrize("observed", ["running", "stopped", "crashed"])
def test_a_server_whose_node_does_not_answer_is_left_as_it_is_and_a_missing_one_is_there_again(observed):
    server = Snapshot(id="s", state=State(observed=observed, backend_uuid="u", missing=1))
    seen = InstanceSeen(cluster="k", server="s", version=0, exists=True, owner="s", status="", why="node")
    assert react(server, seen).snapshot.state == State(observed=observed, backend_uuid="u")


@pytest.mark.parametrize(
    ("observed", "given", "told"),
    [
        ("running", {"status": "stopped", "why": "shutdown"}, "guest shut itself down"),
        ("running", {"status": "crashed", "why": "crash"}, "guest crashed"),
        ("running", {"status": "crashed", "why": "guest"}, "guest stopped by itself: it crashed or shut itself down"),
        ("running", {"status": "crashed", "why": "node"}, "its node was given up"),
        ("running", {"status": "stopped"}, "found stopped: changed outside Synnefo"),
        ("crashed", {"status": "running"}, "found running: changed outside Synnefo"),
        # A cluster tells the one from the other a moment later
        ("crashed", {"status": "stopped", "why": "shutdown"}, "guest shut itself down"),
    ],
)
def test_the_timeline_says_why_a_server_is_not_as_it_was_left(observed, given, told):
    server = Snapshot(id="s", state=State(observed=observed, backend_uuid="u"))
    outcome = react(server, InstanceSeen(cluster="k", server="s", version=0, exists=True, owner="s", **given))
    assert outcome.snapshot.state.observed == given["status"]
    assert [note.text for note in outcome.notes] == [told]


def absent(snapshot):
    """A look that does not find it."""
    return react(snapshot, InstanceSeen(cluster="k", server="s", version=snapshot.state.version, exists=False)).snapshot


def test_a_late_event_does_not_bring_back_for_ever_what_is_no_longer_there():
    # Given a server that two looks did not find
    lost = absent(absent(Snapshot(id="s", state=State(observed="running"))))
    assert (lost.state.mode, lost.state.observed) == ("failed", "none")
    # When an earlier job is told late
    started = JobChanged(
        cluster="k", job=3, op=0, status="success", instance="i", opcode="OP_INSTANCE_STARTUP", command=""
    )  # fmt: skip
    outcome = react(lost, started)
    # Then it is looked at soon, and is what it is
    assert outcome.look
    assert (again := absent(absent(outcome.snapshot))).state.observed == "none"
    assert (again.state.mode, again.state.fault_code) == ("failed", "missing")


def test_what_failed_for_another_reason_keeps_that_when_it_is_no_longer_there():
    failed = Snapshot(
        id="s", state=State(observed="running", mode="failed", fault="The removal failed.", fault_code="remove")
    )
    after = absent(absent(failed))
    assert (after.state.observed, after.state.fault_code) == ("none", "remove")


@settings(max_examples=500, deadline=None)
@given(st.lists(observations, max_size=12))
def test_whatever_was_told_before_two_looks_that_find_nothing_are_believed(told):
    """Where nothing is under way."""
    snapshot = Snapshot(id="s", state=State(observed="running"))
    for _, outcome in live(snapshot, told):
        snapshot = outcome.snapshot
    assert absent(absent(snapshot)).state.observed in {"none", "gone"}
