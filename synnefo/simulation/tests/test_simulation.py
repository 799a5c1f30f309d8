"""A seed is a run: the same seed, the same run; and what must hold, holds.

Each run is a process of its own, as ``make simulate`` starts it: its database and its loop are not the tests'.
"""

import json
import os
import subprocess
import sys

import pytest

from ganeti.simulator.faults import Rates
from synnefo.simulation.plan import drawn

pytestmark = pytest.mark.slow


def simulation(*arguments):
    """The exit code and the lines of a run."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "synnefo.settings"}
    command = [sys.executable, "-m", "synnefo.simulation", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


def traces(*arguments):
    """Seed → hash of everything that happened."""
    _, lines = simulation(*arguments, "--trace")
    told = [line.split() for line in lines if line.startswith("seed ")]
    return {words[1].rstrip(":"): words[-1] for words in told}


def test_a_seed_gives_the_same_trace_in_every_process_and_whatever_ran_before_it():
    alone = traces("--seed", "3")
    after_another = traces("--first", "2", "--seeds", "2")
    assert alone["3"] == after_another["3"]


def test_another_seed_gives_another_trace():
    found = traces("--first", "2", "--seeds", "2")
    assert found["2"] != found["3"]


def test_everything_that_must_hold_holds_over_a_dozen_seeds():
    code, lines = simulation("--first", "1", "--seeds", "12")
    assert code == 0, "\n".join(lines)
    told = json.loads(lines[-1])
    assert (told["seeds"], told["failed"]) == (12, [])
    assert told["events"] > 12 * 20


def test_it_holds_where_the_network_is_made_on_the_cluster_as_well():
    code, lines = simulation("--first", "1", "--seeds", "8", "--networks")
    assert code == 0, "\n".join(lines)
    assert json.loads(lines[-1])["failed"] == []


def test_some_seeds_are_calm_and_some_lose_every_message():
    plans = [drawn(seed) for seed in range(200)]
    assert any(plan.rates == Rates() and plan.lose == 0 and plan.die == 0 for plan in plans)
    assert any(plan.lose == 1 for plan in plans)
    assert any(plan.die > 0 and plan.rates.cut > 0 and plan.dispatchers > 1 for plan in plans)
