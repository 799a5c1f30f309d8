"""The tables of a server's life are total and agree with each other."""

import itertools

import pytest

from logic.compute import states
from logic.compute.states import IN_FLIGHT, MAY, SUPERSEDES, Mode, NovaStatus, Observed, Phase
from logic.snapshots import State

COLUMNS = [
    State(observed=observed.value, mode=mode.value, command="c" if verb else "", verb=verb)
    for observed, mode, verb in itertools.product(Observed, Mode, ["", *IN_FLIGHT])
]


@pytest.mark.parametrize("state", COLUMNS, ids=lambda s: f"{s.observed}-{s.mode}-{s.verb or 'rest'}")
def test_every_combination_of_the_columns_has_a_word_in_each_dialect(state):
    assert states.nova_status(state) in set(NovaStatus)
    assert states.nova_vm_state(state)
    assert states.nova_power(state) in {0, 1, 3, 4, 6}
    assert states.phase(state) in set(Phase)


@pytest.mark.parametrize("verb", sorted(IN_FLIGHT))
def test_every_verb_says_when_it_may_begin(verb):
    assert verb in MAY


def test_what_overtakes_and_what_is_overtaken_are_verbs():
    assert set(SUPERSEDES) <= set(IN_FLIGHT)
    assert set().union(*SUPERSEDES.values()) <= set(IN_FLIGHT)


@pytest.mark.parametrize("observed", [o for o in Observed if o is not Observed.GONE])
@pytest.mark.parametrize("verb", ["", *[v for v in IN_FLIGHT if v != "delete-force"]])
def test_a_server_that_is_not_gone_can_always_be_deleted_by_force(observed, verb):
    state = State(observed=observed.value, command="c" if verb else "", verb=verb)
    assert states.may(state, "delete-force") or states.phase(state) is Phase.DELETING


def test_nothing_may_be_done_to_what_is_gone():
    gone = State(observed="gone")
    assert not [verb for verb in IN_FLIGHT if states.may(gone, verb)]


def test_a_command_in_flight_always_has_a_deadline_and_rest_has_none():
    assert all(states.patience(state) for state in COLUMNS if state.command)
    assert states.patience(State(observed="running")) is None


def test_while_deleting_the_status_is_the_one_it_had():
    assert states.nova_status(State(observed="stopped", command="c", verb="delete")) == "SHUTOFF"
    assert states.nova_task(State(observed="stopped", command="c", verb="delete")) == "deleting"


@pytest.mark.parametrize(("observed", "word"), [("paused", "PAUSED"), ("running", "ACTIVE")])
def test_while_it_is_shelved_a_paused_server_is_paused(observed, word):
    assert states.nova_status(State(observed=observed, command="c", verb="shelve")) == word


def test_a_status_filter_and_the_status_word_are_inverse_for_every_combination(db):
    from logic.compute import queries
    from logic.compute.listing import ServerFilter
    from logic.compute.models import Server
    from logic.testing.worlds import ALICE

    for number, state in enumerate(COLUMNS, start=1):
        Server.objects.create(
            number=number, name=str(number), project=ALICE.project, user="alice", flavor_id="1", flavor_name="t", vcpus=1,
            ram=1, disk=1, observed=state.observed, mode=state.mode, command=state.command, verb=state.verb,
        )  # fmt: skip
    for word in NovaStatus:
        wanted = ServerFilter(status=[word], deleted=word == "DELETED")
        found = {int(info.name) for info in queries.servers(ALICE, wanted)}
        expected = {number for number, state in enumerate(COLUMNS, start=1) if states.nova_status(state) == word}
        assert found == expected, word
