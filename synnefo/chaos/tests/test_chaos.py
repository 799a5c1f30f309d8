"""The cloud as real processes is shot at and comes out whole; what is found is told, with where to look."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from synnefo.chaos import __main__ as command
from synnefo.simulation.tests.test_planted import tree

__all__ = ["tree"]  # a fixture

ROOT = Path(__file__).resolve().parents[3]
CLEAN = {"lost": 0, "wrong": 0, "duplicated": 0, "stuck": 0, "silent": 0}
SMALL = (
    "kill-dispatcher",
    "kill-eventd",
    "kill-broker",
    "kill-database",
    "cut-broker",
    "lost-answers",
    "skew-dispatcher",
    "poison",
)


def chaos(*arguments, within, tree=ROOT):
    """The report of a run of this tree, its exit code, and everything it printed."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        [sys.executable, "-m", "synnefo.chaos", *arguments],
        env=environment, cwd=tree, capture_output=True, text=True, timeout=within, check=False,
    )  # fmt: skip
    printed = done.stdout + done.stderr
    assert done.stdout, printed
    return json.loads(done.stdout.splitlines()[-1]), done.returncode, printed


def holds(report, code, printed, *, events, faults):
    assert {word: report[word] for word in CLEAN} == CLEAN, printed
    assert code == 0, printed
    assert report["events"] >= events
    assert report["faults"] == faults


@pytest.mark.acceptance
@pytest.mark.timeout(600)
def test_a_small_run_loses_nothing_doubles_nothing_and_comes_to_rest():
    only = [word for kind in SMALL for word in ("--only", kind)]
    report, code, printed = chaos("--events", "400", "--faults", "8", "--seed", "1", *only, within=580)
    holds(report, code, printed, events=400, faults=len(SMALL))
    assert report["well_after_s"]
    assert report["quarantined"] > 0


@pytest.mark.acceptance
@pytest.mark.verify
@pytest.mark.timeout(1200)
def test_a_dispatcher_that_acknowledges_before_it_commits_is_found_out(tree):
    for folder in ("fixtures", "contrib"):
        shutil.copytree(ROOT / folder, tree / folder)
    patch = ROOT / "synnefo" / "simulation" / "planted" / "01-acknowledged-before-commit.patch"
    subprocess.run(["patch", "--quiet", "-p1", "-i", patch], cwd=tree, check=True)
    only = ("--only", "kill-dispatcher", "--only", "kill-both-dispatchers")
    report, code, printed = chaos("--events", "3000", "--faults", "20", "--seed", "5", *only, tree=tree, within=1100)
    shutil.rmtree(re.search(r"history and logs are in (\S+)", printed)[1], ignore_errors=True)
    assert report["lost"] > 0, printed
    assert code == 1


@pytest.fixture
def ended(monkeypatch, capsys):
    """The command with a run that has ended like this; its exit code, its lines, and the directory of the run."""
    roots = []

    def end(**report):
        def played(root, options):
            roots.append(root)
            return {"events": 1, "faults": 0, "seed": options.seed, **CLEAN, "findings": [], **report}

        monkeypatch.setattr(command.disks, "enter_namespace", lambda *_: None)
        monkeypatch.setattr(command, "_played", played)
        monkeypatch.setattr(sys, "argv", ["chaos", "--seed", "7"])
        return command.main(), capsys.readouterr().out.splitlines(), roots[-1]

    yield end
    for root in roots:
        shutil.rmtree(root, ignore_errors=True)


def test_a_run_without_a_finding_leaves_nothing_behind(ended):
    code, lines, root = ended()
    assert (code, len(lines)) == (0, 1)
    assert not root.exists()


@pytest.mark.parametrize("word", sorted(CLEAN))
def test_a_run_with_a_finding_fails_and_says_what_and_where_to_look(ended, word):
    code, lines, root = ended(**{word: 1}, findings=[f"{word}: a sentence"])
    assert code == 1
    assert lines[0] == f"{word}: a sentence"
    assert lines[1] == f"seed 7: history and logs are in {root}"
    assert json.loads(lines[2])[word] == 1
    assert root.is_dir()


def test_make_hands_on_what_it_is_given():
    words = ["EVENTS=5", "FAULTS=2", "SEED=3", "MINUTES=4"]
    made = subprocess.run(["make", "-n", "chaos", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "-m synnefo.chaos --events 5 --faults 2 --seed 3 --minutes 4" in " ".join(made.replace("\\", " ").split())
