"""A run has a report, whatever became of it."""

from types import SimpleNamespace

from synnefo.chaos.canary import NotWell
from synnefo.chaos.checking import WORDS
from synnefo.chaos.history import History
from synnefo.chaos.running import Run, Wanted
from synnefo.standalone.clouds import Credentials


async def test_a_cloud_that_never_comes_up_is_a_finding(tmp_path, monkeypatch):
    who = Credentials("demo", "word", "demo", "word")
    cloud = SimpleNamespace(root=tmp_path, port=1, who=who, offload=None, targets={})
    run = Run(cloud, History(), Wanted({}, events=10, faults=0, seed=7, seconds=1.0))

    async def settle_in(_):
        raise NotWell("the canary could not be made")

    monkeypatch.setattr(run._canary, "settle_in", settle_in)
    report = await run.play()
    assert {word: report[word] for word in WORDS} == {"lost": 0, "wrong": 0, "duplicated": 0, "stuck": 1}
    assert report["findings"] == ["stuck: it never came up: the canary could not be made"]
    assert {"events", "faults", "seed", "quarantined", "converged_s"} <= report.keys()
