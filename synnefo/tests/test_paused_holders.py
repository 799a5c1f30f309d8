"""R11: real processes that share a lease are stopped in the middle of their writes, and nothing stale is ever committed."""

import json
import os
import signal
import subprocess
import sys

import pytest

from logic.ledger.models import Lease, Parked
from synnefo.testing.databases import replaced
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import until
from synnefo.tests.holder import LEASE

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def database(migrated_postgres):
    with replaced(migrated_postgres):
        yield migrated_postgres
        Parked.objects.all().delete()
        Lease.objects.all().delete()


@pytest.fixture
def holders(database, tmp_path):
    """Two processes by name, and the file with what they say."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "synnefo.settings", "SYNNEFO_SETTINGS_DIR": ""}
    environment |= {"SYNNEFO_VAR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    entry = json.dumps({name: str(value) for name, value in database.items()})
    said = (tmp_path / "said").open("w")
    words = [sys.executable, "-m", "synnefo.tests.holder"]
    running = {
        name: subprocess.Popen([*words, name, entry], env=environment, cwd=ROOT, stdout=said) for name in ("a", "b")
    }
    yield running, tmp_path / "said"
    for process in running.values():
        process.kill()
        process.wait()
    said.close()


def lease():
    return Lease.objects.filter(pk=LEASE).first()


def written(epoch):
    return Parked.objects.filter(tries=epoch).count()


def written_after(epoch):
    """Under any later epoch: on a busy machine the lease may move on once more."""
    return Parked.objects.filter(tries__gt=epoch).count()


@pytest.mark.parametrize("pauses", [8, pytest.param(50, marks=pytest.mark.verify)])
def test_a_holder_that_was_stopped_commits_nothing_once_another_has_taken_over(holders, pauses):
    processes, said = holders
    for _ in range(pauses):
        # Given a holder at work
        until(lambda: lease() and written(lease().epoch) > 4, within=30, what="a holder at work")
        old = lease()
        # When it is stopped, and the other has taken over and written
        processes[old.holder].send_signal(signal.SIGSTOP)
        until(lambda: written_after(old.epoch) > 0, within=30, what="a take-over")  # noqa: B023
        committed = written(old.epoch)
        # And it goes on, for as long as the other goes on writing
        processes[old.holder].send_signal(signal.SIGCONT)
        more = written_after(old.epoch) + 20
        until(lambda: written_after(old.epoch) >= more, within=30, what="more writes")  # noqa: B023
        # Then nothing more of it is there
        assert written(old.epoch) == committed
    assert said.read_text().count("refused") > 0
