"""One seed is one run: every version of every job file, every identifier, every time."""

import hashlib
import json

import pytest

from ganeti.simulator.chance import Chance
from ganeti.simulator.faults import Rates
from ganeti.simulator.tests.lab import Lab

RATES = Rates(fail=0.2, crash=0.2, power_off=0.1)


def run(seed):
    """A small history; the digest of all job files in order, and what is there at the end."""
    lab = Lab(seed=seed, rates=RATES)
    for number in range(6):
        lab.create(f"web{number}")
    lab.settle()
    for verb in ("shutdown", "startup", "shutdown"):
        for number in range(6):
            lab.order("PUT", f"/2/instances/web{number}/{verb}", {})
        lab.step()
    lab.settle()
    digest = hashlib.sha256(json.dumps([(job, body.decode()) for job, body, _ in lab.files.history]).encode())
    return digest.hexdigest(), lab.ask("GET", "/2/instances", bulk="1")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_job_files(seed):
    assert run(seed) == run(seed)


def test_another_seed_gives_others():
    assert run(1)[0] != run(2)[0]


def test_turning_the_clock_in_one_go_or_in_steps_is_the_same():
    def history(step):
        lab = Lab(seed=5)
        lab.create()
        for _ in range(int(20 / step)):
            lab.now += step
            lab.simulator.advance()
        return lab.files.history

    assert history(20.0) == history(0.01)


def test_chance_is_even_enough():
    chance = Chance("x")
    numbers = [chance.uniform(0, 1) for _ in range(10_000)]
    assert 0.48 < sum(numbers) / len(numbers) < 0.52
    assert 0 <= min(numbers) < max(numbers) < 1


def test_what_cannot_happen_costs_no_number():
    asked, left_alone = Chance("x"), Chance("x")
    assert not asked.happens(0)
    assert asked.uniform(0, 1) == left_alone.uniform(0, 1)


def test_chance_gives_uuids_of_version_4_and_never_one_twice():
    chance = Chance("x")
    uuids = {chance.uuid() for _ in range(10_000)}
    assert len(uuids) == 10_000
    assert all(uuid[14] == "4" and uuid[19] in "89ab" for uuid in uuids)
