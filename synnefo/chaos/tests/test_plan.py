"""A plan is its seed's, every kind has its turn alone, and those of a wave never fall over each other."""

import re
from collections import Counter

import pytest

from logic.bus.topology import routing_key
from logic.ledger.envelopes import opened
from synnefo.chaos.kinds import network
from synnefo.chaos.kinds.table import DISK, KINDS, possible
from synnefo.chaos.plan import AT_ONCE, drawn
from synnefo.chaos.proxy import Link
from synnefo.simulation.poison import shapes
from synnefo.testing.alerts import rules
from synnefo.testing.embedded import ROOT


def names(plan):
    return [name for planned in plan for name in planned.kinds]


def test_the_same_seed_gives_the_same_plan_and_another_another():
    plans = [drawn(KINDS, seed=seed, faults=60, events=20_000) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize("faults", [0, 1, 8, 60, 500])
def test_there_are_as_many_faults_as_were_asked_for_and_none_comes_after_the_last_event(faults):
    plan = drawn(KINDS, seed=3, faults=faults, events=1000)
    assert len(names(plan)) == faults
    assert [one.events for one in plan] == sorted(one.events for one in plan)
    assert all(one.events < 1000 for one in plan)


def test_every_kind_comes_once_before_any_comes_again():
    assert sorted(names(drawn(KINDS, seed=4, faults=len(KINDS), events=1000))) == sorted(KINDS)


def test_kinds_come_as_often_as_their_weights_say():
    whole = sum(kind.weight for kind in KINDS.values())
    counted = Counter(names(drawn(KINDS, seed=5, faults=whole, events=1000)))
    assert counted == {name: kind.weight for name, kind in KINDS.items()}


def test_every_kind_comes_alone_before_several_come_at_a_time():
    plan = drawn(KINDS, seed=6, faults=len(KINDS) + 20, events=1000)
    first = plan[: len(KINDS)]
    assert all(one.alone for one in first)
    assert sorted(names(first)) == sorted(KINDS)
    assert not plan[len(KINDS)].alone


def test_what_would_fall_over_each_other_never_comes_at_a_time():
    plan = drawn(KINDS, seed=7, faults=500, events=1000)
    waves = [Counter(KINDS[name].group for name in one.kinds) for one in plan if not one.alone]
    assert max(sum(wave.values()) for wave in waves) > 6
    for group in {kind.group for kind in KINDS.values()}:
        assert max(wave[group] for wave in waves) <= AT_ONCE.get(group, 1)


def test_a_dense_run_still_has_some_alone_after_the_first_turn():
    later = drawn(KINDS, seed=8, faults=500, events=1000)[len(KINDS) :]
    assert sum(one.alone for one in later) > 10
    assert sum(len(one.kinds) for one in later) / len(later) > 3


def test_what_the_machine_cannot_do_is_left_out(tmp_path):
    needing = {name for name, kind in KINDS.items() if kind.needs == DISK}
    assert needing
    assert not needing & possible(disk=None).keys()
    assert needing <= possible(disk=tmp_path).keys()


def test_every_shape_of_poison_is_another_and_most_are_no_message_at_all():
    bodies = shapes("alpha", "beta", "mark")
    assert len(set(bodies)) == len(bodies)
    key = routing_key("snf", "op", "alpha")
    problems = [opened(body, cluster="alpha", routing_key=key).problem for body in bodies]
    assert problems.count("") == 1  # the answer to a command that does not exist


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_on_the_page_with_its_alerts_or_why_it_has_none(name):
    page = (ROOT / "docs" / "chaos.md").read_text()
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    kind = KINDS[name]
    assert kind.alerts or kind.quiet
    assert set(re.findall(r"Synnefo[A-Za-z]+", row)) == kind.alerts
    assert kind.quiet in row


def test_alerts_of_faults_are_rules_that_exist():
    assert {alert for kind in KINDS.values() for alert in kind.alerts} <= {rule.alert for rule in rules()}


@pytest.mark.parametrize("link", network.ALL)
def test_every_link_that_is_cut_has_an_alert(link):
    assert network.alerts_of(Link(link, 1)) <= network.ANY
