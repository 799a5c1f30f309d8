"""The hazards of the ancestor that a real cluster can show, in the numbers of ``logic/tests/test_hazards.py``.

Not here: 6 and 8 (the broker's, ``docs/tests/test_readme_ganeti.py`` and the ledger's tests), 9 and 10 (no cluster is needed).
"""

import json
import signal
from pathlib import Path

import pytest

from synnefo.testing import road
from synnefo.testing.embedded import EmbeddedCloud
from synnefo.testing.lab import ours
from synnefo.testing.processes import NotReady, until

pytestmark = [pytest.mark.ganeti, pytest.mark.slow, pytest.mark.timeout(300)]
MADE = ("--flavor", "m1.tiny", "--image", ours.IMAGE)
PREFIX = "hazard-"
DAY_AHEAD = {"FAKETIME": "+1d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
FAILPOINT = "SYNNEFO_FAILPOINT"
UNDER_WAY = {"queued", "waiting", "canceling", "running"}
KILLED = -signal.SIGKILL
# Seconds. While its sender is dead an order is Ganeti's alone, which begins it at once, but for a lock that a dead job has left
# (wconfd looks each 311 s) or a job whose change it has not seen (luxid: 307 s). No setting of ours counts here. Once there is a
# process again, it takes the order over when the dead one's presence is over (2 s), at the next poll (0.5 s), and asks the
# cluster two questions (GANETI_CALL_TIMEOUT, 30 s each if they hang); COMMAND_LEASE (60 s) counts for reboots alone. That is
# within the patience of ``reaches``.
BY_GANETI_ALONE = 340.0


class World(road.OpenStack):
    """A cloud on a cluster, and the cluster's own commands."""

    def __init__(self, made, lab):
        super().__init__(made.clouds)
        self.made, self.lab = made, lab

    def gnt(self, program, *words):
        return self.lab.master.run(f"gnt-{program}", *words, within=120.0)

    def restart(self, **environment):
        """It ends at once, if it still runs, and comes back with this in its environment."""
        self.made.daemon.kill()
        self.made.environment.update(environment)
        self.made.start()
        for name in environment:
            del self.made.environment[name]

    def instances(self):
        return {name for name in self.gnt("instance", "list", "--no-headers", "-o", "name").split() if PREFIX in name}

    def instance(self):
        """The only one there is."""
        (name,) = self.instances()
        return name

    def orders(self, opcode):
        """How many jobs there have been, in the queue and in the archive."""
        files = [file for file in self.lab.queue.rglob("job-*") if file.is_file()]
        return sum(json.loads(file.read_text())["ops"][0]["input"]["OP_ID"] == opcode for file in files)

    def dies_sending(self, name):
        """A server is made, and its sender is killed when the cluster has taken the order: it is in the queue's files by then.
        Where that was the order for the server's network, or the cluster did not take it at once, another is made."""
        for _ in range(3):
            before = self.orders("OP_INSTANCE_CREATE")
            self.restart(**{FAILPOINT: "backend.submit:kill-after"})
            self.run("server", "create", *MADE, name, complain=False)  # it may die in the middle of the answer
            until(lambda: self.is_dead() or self.is_active(), within=90.0, what="either end")
            if self.is_dead():
                assert self.made.daemon.ended_with == KILLED, self.made.daemon.standing
                if self.orders("OP_INSTANCE_CREATE") > before:
                    return
                self.restart()
                self.reaches(name, "ACTIVE")
            self.run("server", "delete", "--wait", name)
        raise NotReady("nobody died")

    def under_way(self):
        return UNDER_WAY.intersection(self.gnt("job", "list", "--no-headers", "-o", "status").split())

    def is_active(self):
        return "ACTIVE" in self.run("server", "list", complain=False)

    def is_dead(self):
        return not self.made.daemon.pid

    def last_words(self):
        jobs = self.gnt("job", "list", "--no-headers", "-o", "id,status,summary,received_ts,start_ts,end_ts,opresult")
        return {**self.made.last_words(), "jobs of the cluster": jobs}

    def forget_jobs(self):
        """As cron does after hours: all that have ended go to the archive."""
        self.gnt("job", "autoarchive", "all")


@pytest.fixture(scope="module")
def world(ganeti, tmp_path_factory):
    place = tmp_path_factory.mktemp("cluster") / "cluster.json"
    ours.write_place(ganeti, place)
    settings = {**ours.SETTINGS, "BACKEND_PREFIX_ID": PREFIX, "RECONCILE_INTERVAL": "2"}
    with EmbeddedCloud("--ganeti", str(place), settings=settings) as made:
        yield World(made, ganeti)


@pytest.fixture
def server(world):
    """A running one; gone afterwards."""
    id = world.json("server", "create", *MADE, "--wait", "one")["id"]
    yield id
    world.run("server", "delete", "--wait", id)
    assert not world.instances()


def test_1_a_clock_that_is_a_day_ahead_of_the_clusters_loses_no_event(world, server):
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    world.restart(LD_PRELOAD=str(library), **DAY_AHEAD)
    world.run("server", "stop", server)
    world.reaches(server, "SHUTOFF")
    world.restart()
    world.run("server", "start", server)
    world.reaches(server, "ACTIVE")


def test_2_a_reboot_that_fails_is_not_a_reboot_for_ever(world, server):
    # Given a guest that was stopped by hand, so that its disk can be taken away
    instance = world.instance()
    world.gnt("instance", "shutdown", "--timeout=0", instance)
    world.reaches(server, "SHUTOFF")
    (folder,) = (world.lab.master.root / "srv" / "ganeti" / "file-storage").rglob(instance)
    away = folder.rename(folder.with_name(f"{instance}-away"))
    # When it is to start
    world.run("server", "reboot", "--hard", server)
    # Then it is what it is
    until(lambda: world.json("server", "show", server)["OS-EXT-STS:task_state"] is None, within=60.0, what="the end")
    assert world.status(server) == "SHUTOFF"
    # And well again, when its disk is back
    away.rename(folder)
    world.run("server", "start", server)
    world.reaches(server, "ACTIVE")


@pytest.mark.timeout(900)
def test_3_and_5_a_build_whose_sender_died_and_whose_job_was_archived_is_found_and_not_done_again(world):
    # Given a cloud that is killed as soon as the cluster has taken its order
    world.dies_sending("orphaned")
    # And a job that nobody waits for, which is archived when it is done
    until(lambda: len(world.instances()) == 1, within=BY_GANETI_ALONE, what="the instance")
    orders = world.orders("OP_INSTANCE_CREATE")
    until(lambda: not world.under_way(), within=BY_GANETI_ALONE, what="the end of its job")
    world.forget_jobs()
    # When the cloud is back
    world.restart()
    # Then the server is there, and was made once
    world.reaches("orphaned", "ACTIVE")
    assert world.orders("OP_INSTANCE_CREATE") == orders
    world.run("server", "delete", "--wait", "orphaned")
    assert not world.instances()


def test_4_an_instance_the_database_does_not_know_is_never_destroyed(world):
    name = f"{PREFIX}4711"
    world.gnt(
        "instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check", "--no-install",
        "-n", world.lab.master.name, name,
    )  # fmt: skip

    def looks():
        said = world.made.manage("reconcile", "--fix", "--json")
        (look,) = json.loads(said[said.index("{\n") :])["backends"]
        return {one["instance"]: one["looks"] for one in look["strays"]}

    until(lambda: looks().get(name, 0) > 3, within=60.0, what="looks at it")
    assert name in world.instances()
    world.gnt("instance", "remove", "--force", name)
    until(lambda: name not in looks(), within=60.0, what="its end")


def test_7_what_was_done_while_nobody_listened_is_seen_though_its_job_is_archived(world, server):
    world.made.daemon.kill()
    world.gnt("instance", "shutdown", "--timeout=0", world.instance())
    world.forget_jobs()
    world.restart()
    world.reaches(server, "SHUTOFF")
