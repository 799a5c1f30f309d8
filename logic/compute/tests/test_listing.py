"""Filters on states say what the states' words say, for every combination of the columns."""

import itertools

import pytest

from logic.compute import queries, states
from logic.compute.listing import ServerFilter
from logic.compute.models import Server
from logic.compute.states import IN_FLIGHT, Mode, Observed
from logic.snapshots import State
from logic.testing.worlds import ALICE

STATES = {
    str(number): State(observed=observed.value, mode=mode.value, command="c" if verb else "", verb=verb)
    for number, (observed, mode, verb) in enumerate(itertools.product(Observed, Mode, ["", *IN_FLIGHT]), start=1)
    if observed != Observed.GONE
}


@pytest.fixture
def world(db):
    for name, state in STATES.items():
        Server.objects.create(
            number=int(name), name=name, project=ALICE.project, user="alice", flavor_id="1", flavor_name="t", vcpus=1,
            ram=1, disk=1, observed=state.observed, mode=state.mode, command=state.command, verb=state.verb,
        )  # fmt: skip


def found(**wanted) -> set[str]:
    return {info.name for info in queries.servers(ALICE, ServerFilter(**wanted))}


@pytest.mark.parametrize("word", sorted(set(states.NOVA_TASK.values())))
def test_a_task_state_finds_the_servers_that_show_it(world, word):
    assert found(task_state=[word]) == {name for name, state in STATES.items() if states.nova_task(state) == word}


@pytest.mark.parametrize("word", ["active", "building", "stopped", "error"])
def test_a_vm_state_finds_the_servers_that_show_it(world, word):
    assert found(vm_state=[word]) == {name for name, state in STATES.items() if states.nova_vm_state(state) == word}


@pytest.mark.parametrize("number", [0, 1, 4, 6, 3])
def test_a_power_state_finds_the_servers_that_show_it(world, number):
    assert found(power_state=number) == {name for name, state in STATES.items() if states.nova_power(state) == number}
