"""Rules of the lab: a real Ganeti is there when it is entered, and nothing is when it is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import sight
from synnefo.testing.lab.cluster import Lab, why_not
from synnefo.testing.processes import Daemon, NotReady, descendants, is_alive, spare_port, until
from synnefo.testing.running import run

pytestmark = [pytest.mark.ganeti, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def machine():
    """What of the machine a lab could change; other tests may change other things meanwhile."""
    over = [line for line in run(["findmnt", "-rno", "TARGET"], within=10.0).splitlines() if line in sight.OWN]
    names = [Path("/etc/hosts").read_bytes(), os.uname().nodename, Path("/proc/sys/net/ipv4/ip_forward").read_text()]
    return over, sorted(Path("/var/lib/ganeti").iterdir()), sorted(Path("/etc/ganeti").iterdir()), names


def test_a_cluster_is_there_and_leaves_the_machine_as_it_was():
    before = machine()
    with Lab() as lab:
        # It is Ganeti, it may be asked from here, and its daemons are seen by nobody else
        assert lab.client().info().software_version.startswith("3.")
        assert lab.client().node_names() == (lab.master.name,)
        assert not list(Path("/var/lib/ganeti").glob("config.data"))
        pid, root = lab.master.pid, lab.root
        links = set(Path("/sys/class/net").glob(f"{lab.bridge}*"))
        assert links
    assert machine() == before
    # The kernel takes its time to end what was in namespaces that are no more.
    until(lambda: not any(link.exists() for link in links), within=20.0, what="the lab's links to be gone")
    assert not is_alive(pid)
    assert not root.exists()


def lab(directory, action):
    """The program, as ``make ganeti-up`` and ``ganeti-down`` run it; which cluster is there then."""
    run([sys.executable, "-m", "synnefo.testing.lab", "--dir", str(directory), action], within=180.0, directory=ROOT)
    told = directory / "cluster.json"
    return told.read_text() if told.exists() else None


@pytest.mark.timeout(300)
def test_a_lab_whose_holder_was_killed_takes_its_processes_along(tmp_path):
    # Given one that is held in the background; asked for twice, it is the same
    told = lab(tmp_path, "up")
    assert lab(tmp_path, "up") == told
    holder = int((tmp_path / "held").read_text())
    family = descendants(holder)
    assert len(family) > 5  # Ganeti's daemons
    # When its holder is killed
    os.kill(holder, signal.SIGKILL)
    # Then nothing of it runs, and the next is another
    until(lambda: not any(map(is_alive, family)), within=10.0, what="the end of the node")
    assert lab(tmp_path, "up") != told
    assert lab(tmp_path, "down") is None
    assert lab(tmp_path, "down") is None  # and what is not there cannot be taken away, which is no failure


def test_the_hook_leaves_its_note_on_the_master(ganeti):
    spool = ganeti.master.root / "spool" / "synnefo" / "ganeti"
    before = set(spool.iterdir())
    ganeti.master.run(
        "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
        "--net", "0:name=nic", "-n", ganeti.master.name, "snflab-1",
    )  # fmt: skip
    assert ["snflab-1" in note.read_text() for note in set(spool.iterdir()) - before] == [True]
    ganeti.master.run("gnt-instance", "remove", "--force", "snflab-1")


def test_who_is_not_root_is_told(tmp_path):
    command = ["setpriv", "--reuid=nobody", "--clear-groups", sys.executable, "-m", "synnefo.testing.lab", "up"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs root" in done.stderr


@pytest.mark.timeout(300)
def test_the_commands_of_the_readme_make_a_cluster_and_a_cloud_on_it(tmp_path):
    # Given the README's two lines, with a place and a port of the test's own
    section = (ROOT / "README.md").read_text().partition("## The same on a real Ganeti")[2]
    first, second = section.partition("```sh\n")[2].partition("```")[0].splitlines()
    made = ["-o", ".venv/testing", "-o", ".venv/runtime", "-o", "debian", f"LAB={tmp_path}"]
    # When they are run
    run([*first.split(), *made], within=180.0, directory=ROOT)
    port, log = spare_port(), tmp_path / "printed"
    cloud = Daemon(
        [*second.split(), *made, f"PORT={port}"], user="root", log=log, directory=ROOT, within=120.0,
        ready=lambda: "Synnefo is ready" in log.read_text(),
    )  # fmt: skip
    cloud.start()
    # Then the cloud is on that cluster
    environment = {**os.environ, "SYNNEFO_VAR": str(tmp_path / "cloud"), "SYNNEFO_SETTINGS_DIR": ""}
    listing = [sys.executable, "manage.py", "backend-list"]

    def told():
        return run(listing, within=60.0, environment=environment, directory=ROOT)

    assert "ganeti1" in told()
    until(lambda: "3.0" in told(), within=60.0, what="the first look at it")
    # And the cluster is not taken away from under it
    with pytest.raises(NotReady, match="running"):
        run(["make", "ganeti-down", *made], within=60.0, directory=ROOT)
    cloud.kill()
    run(["make", "ganeti-down", *made], within=60.0, directory=ROOT)
    assert {"cluster.json", "environment"}.isdisjoint(file.name for file in tmp_path.iterdir())
