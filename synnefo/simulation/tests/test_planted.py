"""The simulation is tested with bugs: each patch in ``planted`` is a believable mistake, and must be caught.

A patch is applied to a copy of the tree. ``planted/seeds.json`` names a seed that catches it soon, so that the test is
quick; one that takes many seeds has none there. At full size (``make verify``) seeds are tried from the first until one
catches it, at most :data:`MOST` of them. A seed catches another run when the workload or the faults change: then search
anew and write down the new one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = Path(__file__).resolve().parents[1] / "planted"
ROOT = PLANTED.parents[2]
PATCHES = sorted(PLANTED.glob("*.patch"))
SEEDS = json.loads((PLANTED / "seeds.json").read_text())
NEEDED = ("logic", "ganeti", "synnefo", "settings.d", "manage.py")
NEARBY = 150  # seeds tried after the one that was written down
MOST = 1000


@pytest.fixture
def tree(tmp_path):
    """A copy of the tree as it stands, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *NEEDED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def plant(patch, tree, *options):
    command = ["patch", "-p1", "-s", "-f", *options, "-i", str(patch)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{patch.name} no longer applies: make it anew. {done.stdout}{done.stderr}"


def caught(tree, *, first, seeds):
    """What a run in this tree says is violated; empty when it holds."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "DJANGO_SETTINGS_MODULE": "synnefo.settings"}
    command = [sys.executable, "-m", "synnefo.simulation", "--until-failure", "--first", str(first), "--seeds"]
    done = subprocess.run(
        [*command, str(seeds)], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    return done.stdout if told["failed"] else ""


def names(wanted=None):
    return [pytest.param(patch, id=patch.stem) for patch in PATCHES if wanted is None or patch.stem in wanted]


def test_ten_of_them_are_caught_soon():
    assert len(SEEDS) >= 10
    assert set(SEEDS) <= {patch.stem for patch in PATCHES}


@pytest.mark.parametrize("patch", names())
def test_the_patch_applies(patch):
    plant(patch, ROOT, "--dry-run")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("patch", names(SEEDS))
def test_the_simulation_catches_it_with_the_seed_written_down(patch, tree):
    plant(patch, tree)
    assert caught(tree, first=SEEDS[patch.stem], seeds=NEARBY), f"{patch.name}: search anew for a seed"


@pytest.mark.slow
@pytest.mark.verify
@pytest.mark.parametrize("patch", names())
def test_the_simulation_finds_it_within_a_thousand_seeds(patch, tree):
    plant(patch, tree)
    assert caught(tree, first=1, seeds=MOST)
