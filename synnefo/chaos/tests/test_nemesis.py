"""One fault after another: none has to end by itself for the run to end, and errors need a fault that brings them."""

import asyncio
from types import SimpleNamespace

import pytest

from synnefo.chaos import nemesis
from synnefo.chaos.canary import NotWell
from synnefo.chaos.history import History
from synnefo.chaos.kinds.base import KILLED, OTHER, Kind
from synnefo.chaos.nemesis import SEVERAL, Nemesis
from synnefo.chaos.plan import Planned


class Stage:
    """A nemesis with faults and a canary made for the test; ``log`` is what a program writes."""

    def __init__(self, folder, *, well=0.5):
        self.log, self.history, self.took = folder / "p.log", History(), []
        self._well = well
        kinds = {
            "quick": Kind(act=self._act, errors=frozenset({"lost"}), sort=KILLED),
            "other": Kind(act=self._act),
            "endless": Kind(act=self._endless),
            "broken": Kind(act=self._broken),
            "announced": Kind(act=self._act, alerts=frozenset({"Broken", "Away"})),
        }
        self.up = set()
        self.nemesis = Nemesis(SimpleNamespace(root=folder), self.history, self, kinds, lambda: 100, self)

    def since(self, _mark):
        """As the lookout says it."""
        return self.up

    async def _act(self, scene):
        self.took.append(scene.dice.random())

    async def _broken(self, scene):
        raise ValueError("a link is missing")

    async def _endless(self, scene):
        await asyncio.Event().wait()

    async def well(self, within):
        if self._well is None:
            raise NotWell("snf-1 is stopped")
        return self._well

    async def run(self, *kinds):
        await self.nemesis.run([Planned(kinds=one, events=0, seed="1") for one in kinds])

    def says(self, event):
        with self.log.open("a") as file:
            file.write(f"2026 [error    ] {event}  more=1\n")

    def findings(self):
        self.nemesis.listen()
        return [(line.facts["event"], line.facts["excused"]) for line in self.history.of("error")]


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setattr(nemesis, "APART", 0.01)
    return Stage(tmp_path)


async def test_the_worst_recovery_of_each_kind_and_all_of_each_sort_are_kept(stage):
    await stage.run(("quick",))
    stage._well = 2.0
    await stage.run(("quick",), ("other",), ("quick", "other"))
    stage._well = 1.0
    await stage.run(("quick",))
    assert stage.nemesis.worst == {"quick": 2.0, "other": 2.0, SEVERAL: 2.0}
    assert stage.nemesis.by_sort == {KILLED: [0.5, 2.0, 1.0], OTHER: [2.0], SEVERAL: [2.0]}
    assert stage.nemesis.done == 6
    assert stage.nemesis.stuck == []


async def test_several_at_a_time_have_chances_of_their_own(stage):
    await stage.run(("quick", "other", "quick"))
    assert len(set(stage.took)) == 3


async def test_nobody_asks_for_the_alert_of_one_among_several(stage, monkeypatch):
    monkeypatch.setattr(nemesis, "ANNOUNCED", 0.05)
    await stage.run(("announced", "quick"))
    assert stage.nemesis.silent == []


async def test_a_fault_that_never_ends_is_given_up_and_told(stage, monkeypatch):
    monkeypatch.setattr(nemesis, "LONGEST", 0.01)
    await stage.run(("endless",), ("quick",))
    assert stage.nemesis.stuck == ["endless had no end within 0.01 s"]
    assert stage.nemesis.done == 2


async def test_a_fault_that_cannot_be_carried_out_is_told_and_the_run_goes_on(stage):
    await stage.run(("broken",), ("quick", "broken"), ("quick",))
    assert stage.nemesis.stuck == ["broken could not be carried out: ValueError('a link is missing')"] * 2
    assert stage.nemesis.done == 4


async def test_a_cloud_that_does_not_come_back_is_told(tmp_path):
    stage = Stage(tmp_path, well=None)
    await stage.run(("quick",))
    assert stage.nemesis.stuck == ["not well 60 s after quick: snf-1 is stopped"]


async def test_an_error_before_any_fault_has_no_excuse(stage):
    stage.says("lost")
    assert stage.findings() == [("lost", False)]


async def test_an_error_that_the_fault_brings_is_excused_until_two_others_have_come(stage):
    await stage.run(("quick",), ("other",))
    stage.says("lost")
    await stage.run(("other",))
    stage.says("lost")
    assert stage.findings() == [("lost", True), ("lost", False)]


async def test_an_error_that_no_fault_of_the_hour_brings_has_no_excuse(stage):
    await stage.run(("quick",))
    stage.says("broken")
    assert stage.findings() == [("broken", False)]


async def test_a_forgotten_exception_is_never_excused(stage):
    await stage.run(("quick",))
    stage.says("lost: Task exception was never retrieved")
    assert stage.findings()[0][1] is False


async def test_a_fault_is_announced_by_one_of_its_alerts(stage):
    stage.up = {"Away", "Other"}
    await stage.run(("announced",), ("quick",))
    assert stage.nemesis.silent == []


async def test_a_fault_that_raises_none_of_its_alerts_is_told(stage, monkeypatch):
    monkeypatch.setattr(nemesis, "ANNOUNCED", 0.05)
    stage.up = {"Other"}
    await stage.run(("announced",), ("quick",))
    assert stage.nemesis.silent == ["announced raised none of Away, Broken"]
