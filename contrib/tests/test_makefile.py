"""What ``make`` does before it hands over: only what is not tried by starting the cloud."""

import fcntl
import os
import shutil
import subprocess

import pytest

from synnefo.standalone.places import state_of_its_own
from synnefo.testing.readme import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A directory with the Makefile and the state of a cloud."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for needed in (
        "pyproject.toml",
        "contrib/dev/constraints.txt",
        "contrib/tempest/requirements.txt",
        "contrib/clients/ansible-requirements.txt",
    ):
        (tmp_path / needed).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / needed).touch()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "synnefo.sqlite3").touch()
    return tmp_path


def make(directory, *words, **environment):
    return subprocess.run(
        ["make", *words],
        cwd=directory,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_runs_is_not_cleaned_away(checkout):
    with state_of_its_own(checkout / "var"):
        done = make(checkout, "clean")
    assert done.returncode != 0
    assert "What is in var is running. Stop it first" in done.stderr
    assert (checkout / "var" / "synnefo.sqlite3").exists()


@pytest.mark.parametrize("started", [True, False])
def test_what_does_not_run_is_cleaned_away(checkout, started):
    if started:
        with state_of_its_own(checkout / "var"):
            pass
    assert make(checkout, "clean").returncode == 0
    assert not (checkout / "var").exists()


def test_a_real_ganeti_that_is_up_is_not_cleaned_away(checkout):
    lab = checkout / "var" / "ganeti-lab"
    lab.mkdir()
    with (lab / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = make(checkout, "clean")
    assert done.returncode != 0
    assert "make ganeti-down" in done.stderr
    assert lab.exists()


@pytest.mark.parametrize("left", [(), ("cluster.json", "held")], ids=["never", "killed"])
def test_a_cloud_on_a_real_ganeti_says_when_none_is_up(checkout, left):
    (checkout / ".venv").mkdir()
    (checkout / "var" / "ganeti-lab").mkdir()
    for name in left:
        (checkout / "var" / "ganeti-lab" / name).touch()
    done = make(checkout, "-o", ".venv/runtime", "run", BACKEND="ganeti")
    assert done.returncode != 0
    assert "make ganeti-up" in done.stderr


@pytest.mark.parametrize(
    ("given", "port"), [({}, "8000"), ({"PORT": ""}, "8000"), ({"PORT": " "}, "8000"), ({"PORT": "8080"}, "8080")]
)
def test_a_port_that_is_left_empty_is_the_usual_one(checkout, given, port):
    assert f"--port {port}\n" in make(checkout, "--dry-run", "run", **given).stdout


def test_everything_is_verified_the_quickest_first_and_the_large_runs_by_themselves(checkout):
    told = make(checkout, "--dry-run", "verify", VENV="v").stdout
    steps = [
        "ruff check",
        '-m "not alone"',
        "synnefo.testing.tempest",
        "synnefo.simulation --seeds 1000",
        "-m alone",
        "chaos EVENTS=100000 FAULTS=500",
    ]
    places = [told.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)
    assert "for seed in 1 2 3" in told
    assert "synnefo.bench" not in told


def test_a_backend_that_there_is_not_is_refused(checkout):
    (checkout / ".venv").mkdir()
    for made in ("made", "runtime"):
        (checkout / ".venv" / made).touch()
    done = make(checkout, "run", "BACKEND=nosuch")
    assert done.returncode != 0
    assert "There is no backend nosuch" in done.stderr
