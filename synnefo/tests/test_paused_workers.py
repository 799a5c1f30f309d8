"""Workers are stopped with an order on its way: another sends it soon, and what wakes up again sends nothing of it."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from logic.ledger.models import Command
from logic.testing.worlds import create, furnish
from synnefo.testing.databases import replaced
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import until
from synnefo.tests.claimer import PRESENCE

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
NAMES = ("a", "b")


@pytest.fixture
def database(migrated_postgres):
    with replaced(migrated_postgres):
        furnish()
        yield migrated_postgres
        from django.core.management import call_command

        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def cluster(tmp_path):
    file = tmp_path / "cluster"
    file.touch()
    return file


@pytest.fixture
def workers(database, cluster, tmp_path):
    """Two processes by name."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "synnefo.settings", "SYNNEFO_SETTINGS_DIR": ""}
    environment |= {"SYNNEFO_VAR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    entry = json.dumps({name: str(value) for name, value in database.items()})
    words = [sys.executable, "-m", "synnefo.tests.claimer"]
    running = {name: subprocess.Popen([*words, name, entry, str(cluster)], env=environment, cwd=ROOT) for name in NAMES}
    yield running
    for process in running.values():
        process.kill()
        process.wait()


def lines(cluster, word):
    """(command, worker) of each line that begins with a word."""
    found = [line.split() for line in cluster.read_text().splitlines()]
    return [(line[1], line[2]) for line in found if line[0] == word]


def holder(command):
    return Command.objects.values_list("holder", flat=True).get(pk=command)


@pytest.mark.parametrize(("pauses", "seconds"), [(3, 0.0), pytest.param(2, 30.0, marks=pytest.mark.verify)])
def test_an_order_on_its_way_when_its_worker_was_stopped_is_sent_once_and_by_another(
    workers, cluster, pauses, seconds, settings
):
    settings.QUOTAS = {}
    taken_over = 0
    for _ in range(pauses):
        # Given an order on its way
        before = len(lines(cluster, "begun"))
        create()
        until(lambda: len(lines(cluster, "begun")) > before, within=60, what="an order")  # noqa: B023
        command, first = lines(cluster, "begun")[-1]
        # When its worker is stopped, at least until another has taken it over
        workers[first].send_signal(signal.SIGSTOP)
        until(lambda: command in dict(lines(cluster, "sent")), within=30, what="somebody who sends it")  # noqa: B023
        taken_over += holder(command) != first
        if seconds:
            with pytest.raises(subprocess.TimeoutExpired):
                workers[first].wait(seconds)
        # And wakes up, and has time for what it was about to do
        workers[first].send_signal(signal.SIGCONT)
        create()
        until(
            lambda: Command.objects.filter(status="accepted").count() == Command.objects.count(), within=30, what="rest"
        )
        with pytest.raises(subprocess.TimeoutExpired):
            workers[first].wait(2 * PRESENCE)
    # Then no order has arrived twice
    assert set(Counter(command for command, _ in lines(cluster, "sent")).values()) == {1}
    assert taken_over > 0
