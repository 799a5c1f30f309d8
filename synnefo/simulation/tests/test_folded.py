"""The simulation of the fold: a seed is a run, what must hold holds, and its small models do what they say."""

import json
import random

import pytest

from ganeti.simulator.faults import Rates
from ganeti.vocabulary import CANCELED, OP_REBOOT, OP_SET_PARAMS, SUCCESS
from synnefo.simulation.folded.broker import Broker
from synnefo.simulation.folded.calendar import Calendar
from synnefo.simulation.folded.ganeti import Cluster
from synnefo.simulation.folded.mortal import Mortal, Program
from synnefo.simulation.folded.playing import EVENTS
from synnefo.simulation.processes import Killed
from synnefo.simulation.tests.test_simulation import simulation, traces


@pytest.mark.slow
def test_a_seed_gives_the_same_trace_whatever_ran_before_it():
    alone = traces("--store", "memory", "--seed", "3")
    after_another = traces("--store", "memory", "--first", "2", "--seeds", "2")
    assert alone["3"] == after_another["3"] != after_another["2"]


@pytest.mark.slow
def test_everything_that_must_hold_holds_over_fifty_seeds_of_two_hundred_events():
    code, lines = simulation("--store", "memory", "--seeds", "50")
    assert code == 0, "\n".join(lines)
    told = json.loads(lines[-1])
    assert (told["seeds"], told["failed"]) == (50, [])
    assert told["events"] >= 50 * EVENTS


def test_things_happen_in_the_order_of_their_time_and_of_being_written_down():
    calendar, seen = Calendar(), []
    calendar.after(2.0, lambda: seen.append("later"))
    calendar.after(1.0, lambda: seen.append("first"))
    calendar.after(1.0, lambda: seen.append("second"))
    calendar.run(1.5, lambda: False)
    assert (seen, calendar.now) == (["first", "second"], 1.5)
    calendar.run(9.0, lambda: len(seen) == 3)
    assert (seen[-1], calendar.now) == ("later", 2.0)


def test_what_a_dispatcher_had_in_hand_comes_again_before_the_rest():
    broker = Broker(Calendar(), lambda body: [(0.0, body)])
    for body in (b"1", b"2", b"3"):
        broker.publish(body)
    taken = broker.take(2)
    broker.give_back(taken)
    assert broker.take(9) == [b"1", b"2", b"3"]


def modelled():
    calendar, told = Calendar(), []
    return calendar, Cluster(calendar, random.Random(1), Rates(), lambda job: told.append((job.id, job.status))), told


def test_jobs_of_an_instance_run_one_after_the_other_and_one_that_depends_waits_for_any_end():
    calendar, cluster, told = modelled()
    first = cluster.order(OP_REBOOT, "snf-1", "c1", lambda: None)
    second = cluster.order(OP_SET_PARAMS, "snf-2", "c2", lambda: None, [first])
    third = cluster.order(OP_REBOOT, "snf-1", "c3", lambda: None)
    assert cluster.cancel(third)
    assert not cluster.cancel(third)
    calendar.run(60.0, lambda: False)
    ends = [(number, status) for number, status in told if status in {SUCCESS, CANCELED}]
    assert ends == [(third, CANCELED), (first, SUCCESS), (second, SUCCESS)]


def test_a_program_that_dies_in_a_transaction_leaves_nothing_of_it_and_does_nothing_more():
    store, ended = Mortal(), []
    program = Program(Calendar(), store, random.Random(1), lambda: 0.0)
    program.died = lambda: ended.append("died")

    def work():
        with store.atomic():
            store.fresh(["a"])
            program._chance = lambda: 1.0
            store.fresh(["b"])

    program.take_turn(work)
    assert (store.inbox, program.dead, ended) == ({}, True, ["died"])
    program.take_turn(lambda: ended.append("never"))
    assert ended == ["died"]
    with pytest.raises(Killed):
        program.risk()
