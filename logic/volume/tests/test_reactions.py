"""What observations do to a volume: pure, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logic.messages.observations import Accepted, JobChanged, Postponed, Refused, VolumeSeen
from logic.snapshots import Effort, Snapshot, State
from logic.volume.reactions import react
from logic.volume.states import (
    AT_REST,
    CINDER_STATUS,
    IN_FLIGHT,
    MAY,
    Mode,
    Observed,
    Phase,
    cinder_status,
    may,
    patience,
    phase,
)

VERBS = list(MAY)
STATES = st.builds(
    State,
    observed=st.sampled_from([str(one) for one in Observed]),
    mode=st.sampled_from([str(one) for one in Mode]),
    fault_code=st.sampled_from(["", "missing", *VERBS]),
    command=st.sampled_from(["", "c1"]),
    verb=st.sampled_from(VERBS),
    version=st.just(4),
)


def volume(verb="", *, observed="none", **state):
    command = "c1" if verb else ""
    efforts = (Effort(id="c1", verb=verb, status="claimed", epoch=1),) if verb else ()
    known = {"observed": observed, "command": command, "verb": verb, "version": 4, **state}
    return Snapshot(id="v1", state=State(**known), efforts=efforts)


def job(status="success", number=9, **told):
    about = {"cluster": "alpha", "job": number, "op": 0, "opcode": "OP_INSTANCE_SET_PARAMS", "command": "c1"}
    return JobChanged(**about | {"incarnation": "i", "instance": "snf-1", "status": status} | told)


def seen(place, version=4, instance=""):
    return VolumeSeen(cluster="alpha", incarnation="i", volume="v1", version=version, place=place, instance=instance)


@pytest.mark.parametrize(("verb", "after"), [("attach", "attached"), ("detach", "held"), ("delete", "gone")])
def test_a_command_that_succeeds_has_the_volume_where_it_was_wanted(verb, after):
    outcome = react(volume(verb), job())
    assert (outcome.snapshot.state.observed, outcome.snapshot.state.command) == (after, "")
    assert outcome.snapshot.efforts[0].outcome == "success"
    assert outcome.look is None


REFUSED = Refused(cluster="alpha", command="c1", epoch=1, code="x", reason="no room")


@pytest.mark.parametrize("told", [job("error", error="no room"), REFUSED])
@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_one_that_fails_leaves_it_where_it_was_and_is_looked_at(verb, told):
    before = "held" if verb == "attach" else "attached"
    outcome = react(volume(verb, observed=before), told)
    state = outcome.snapshot.state
    assert (state.observed, state.command, state.mode, state.fault) == (before, "", "normal", "no room")
    assert outcome.look is not None


def test_one_that_could_not_be_deleted_says_so_and_may_be_deleted_again():
    state = react(volume("delete", observed="held"), job("error", error="busy")).snapshot.state
    assert cinder_status(state) == "error_deleting"
    assert may(state, "delete")
    assert not may(state, "attach")


def test_deleting_what_is_not_there_has_succeeded():
    outcome = react(volume("delete", observed="held"), job("error", error_code="unknown_entity"))
    assert outcome.snapshot.state.observed == "gone"


def test_a_job_that_the_cluster_does_not_know_is_sent_again_after_a_look_for_it():
    (effort,) = react(volume("attach"), job("lost")).snapshot.efforts
    assert (effort.status, effort.again) == ("pending", True)


def test_an_end_that_is_older_than_the_newest_says_nothing_of_where_the_disk_is():
    state = react(volume("attach", observed="held", fence=(20, 0)), job(number=9)).snapshot.state
    assert (state.observed, state.command) == ("held", "")


def test_an_end_that_is_told_twice_changes_nothing():
    once = react(volume("attach"), job()).snapshot
    assert react(once, job()).snapshot == once


def test_progress_and_answers_of_a_worker_move_the_command_alone():
    for told in (job("running"), Accepted(cluster="alpha", command="c1", epoch=1, job=9)):
        after = react(volume("attach"), told).snapshot
        assert (after.efforts[0].status, after.efforts[0].job, after.state.observed) == ("accepted", 9, "none")
    back = react(volume("attach"), Postponed(cluster="alpha", command="c1", epoch=1, delay=1.0, reason="later"))
    assert back.snapshot.efforts[0].status == "pending"


def test_a_refusal_of_an_earlier_attempt_is_stale():
    told = Refused(cluster="alpha", command="c1", epoch=7, code="x", reason="no")
    assert react(volume("attach"), told).snapshot == volume("attach")


@pytest.mark.parametrize(("place", "after"), [("attached", "attached"), ("held", "held"), ("adrift", "held")])
def test_a_look_finds_where_the_disk_is(place, after):
    for before in ("none", "held", "attached"):
        assert react(volume(observed=before), seen(place)).snapshot.state.observed == after


@pytest.mark.parametrize("place", ["nowhere", "elsewhere"])
def test_a_disk_that_is_missing_is_believed_to_be_on_the_second_look(place):
    first = react(volume(observed="held"), seen(place, instance="snf-9"))
    assert (first.snapshot.state.mode, first.look is not None) == ("normal", True)
    second = react(first.snapshot, seen(place, instance="snf-9")).snapshot
    assert cinder_status(second.state) == "error"
    assert "snf-9" in second.state.fault
    # And nothing more is said of it, until it is found again
    assert react(second, seen(place)).snapshot == second
    found = react(second, seen("held")).snapshot.state
    assert (cinder_status(found), found.fault) == ("available", "")


def test_a_volume_that_has_no_disk_yet_does_not_miss_one():
    assert react(volume(), seen("nowhere")).snapshot == volume()


def test_nothing_is_believed_while_a_command_is_under_way_nor_of_another_time_or_cluster():
    assert react(volume("attach", observed="held"), seen("nowhere")).snapshot == volume("attach", observed="held")
    assert react(volume(observed="held"), seen("nowhere", version=3)).snapshot == volume(observed="held")
    other = volume(observed="held", incarnation="another")
    assert react(other, seen("nowhere")).snapshot == other
    gone = volume(observed="gone")
    assert react(gone, seen("held")).snapshot == gone


@given(STATES)
def test_every_state_has_a_word_and_a_deadline_while_a_command_is_under_way(state):
    assert cinder_status(state) in {*CINDER_STATUS.values(), "error_deleting"}
    assert (patience(state) is not None) == bool(state.command)
    assert not (state.command and any(may(state, verb) for verb in VERBS))


@given(STATES, st.sampled_from(["attached", "held", "adrift", "elsewhere", "nowhere"]))
def test_a_look_never_deletes_and_never_begins_anything(state, place):
    after = react(Snapshot(id="v1", state=state), seen(place)).snapshot.state
    assert (after.observed == "gone") == (state.observed == "gone")
    assert after.command == state.command


def test_every_phase_is_reached():
    assert {*IN_FLIGHT.values(), *AT_REST.values(), Phase.FAILED, Phase.RESERVED} == set(Phase)
    assert phase(volume(observed="held", mode="failed").state) is Phase.FAILED
    assert phase(volume(observed="held", mode="reserved").state) is Phase.RESERVED
