"""A database that was never migrated, or not yet for this version: everything says so in one sentence, and what to run."""

import asyncio
import http.client
import json
import os
import subprocess
import sys

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import CommandError
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from logic import schema
from logic.dispatcher.policy import splitting
from logic.dispatcher.service import Dispatcher, Tuning
from logic.ledger.envelopes import local
from logic.ledger.models import Quarantine
from logic.offload import Inline
from logic.testing.worlds import ALICE, furnish, job, running
from synnefo.api.kernel.running import install
from synnefo.api.testing import Api
from synnefo.management.tables import REFUSED, OperatorCommand
from synnefo.testing.databases import migrate, replaced
from synnefo.testing.embedded import ROOT
from synnefo.testing.processes import spare_port

SAID = "The database lacks "
(LAST,) = MigrationLoader(None).graph.leaf_nodes("compute")
WITHOUT = {"settings", "secret-keys", "restore", "backup", "policy"}  # that work on any database, or see for themselves


def operator_commands():
    ours = [name for name, app in get_commands().items() if app == "synnefo"]
    return [name for name in ours if isinstance(load_command_class("synnefo", name), OperatorCommand)]


@pytest.fixture
def empty(postgres, django_db_setup, django_db_blocker, request):
    """A new database, which Django uses while the test runs."""
    name = f"none_{abs(hash(request.node.nodeid))}"
    postgres.create_database(name)
    entry = postgres.django(name)
    with django_db_blocker.unblock(), replaced(entry):
        yield entry


@pytest.fixture
def api(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    install(Inline())
    yield Api()
    install(None)


def manage(tmp_path, *words):
    environment = {**os.environ, "SYNNEFO_VAR": str(tmp_path), "SYNNEFO_SETTINGS_DIR": "", "SYNNEFO_BUS": "memory"}
    words = [sys.executable, "manage.py", *words]
    return subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", sorted(set(operator_commands()) - WITHOUT))
def test_every_operator_command_is_refused(empty, name):
    with pytest.raises(CommandError, match="The database lacks") as refused:
        load_command_class("synnefo", name).execute()
    assert refused.value.returncode == REFUSED


@pytest.mark.parametrize(
    "words", [["backend-list"], ["backup", "{}/backup"], ["dispatcher"]], ids=lambda words: words[0]
)
def test_a_command_says_it_in_one_line(tmp_path, words):
    done = manage(tmp_path, *(word.format(tmp_path) for word in words))
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if SAID in line] == done.stderr.splitlines()[-1:]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "backup").exists()


def test_settings_are_shown_all_the_same(tmp_path):
    assert manage(tmp_path, "settings", "READERS").returncode == 0


def test_a_dispatcher_whose_port_is_asked_still_ends(tmp_path):
    done = manage(tmp_path, "dispatcher", "--metrics-port", str(spare_port()))
    assert (done.returncode, SAID in done.stderr) == (1, True)


def test_the_api_is_not_healthy_and_refuses_nobody_for_it(empty, api):
    reply = api.get("/health")
    assert (reply.status, reply.json["database"]) == (503, True)
    assert "Run: manage migrate" in reply.json["problem"]

    asked = api.post("/identity/v3/auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": {
        "user": {"name": "demo", "domain": {"id": "default"}, "password": "x"}}}}})  # fmt: skip
    assert asked.status == 503
    assert "not ready" in asked.json["error"]["message"]


def test_the_api_is_healthy_once_it_was_migrated(empty, api):
    assert api.get("/health").status == 503
    migrate(empty)
    assert (api.get("/health").status, "problem" in api.get("/health").json) == (200, False)


def test_a_column_that_is_lost_later_is_told_too(empty, api):
    migrate(empty)
    assert api.get("/health").status == 200
    furnish()
    api.of(ALICE).get("/compute/v2.1/servers")
    _lose()
    assert api.of(ALICE).get("/compute/v2.1/servers/detail").status == 503
    assert api.get("/health").status == 503


def test_no_message_is_blamed_for_a_column_that_the_database_lacks(empty):
    migrate(empty)
    furnish()
    fact = local(job(running(), "reboot", 9, "success"))
    _lose()
    with pytest.raises(schema.Lacking):
        splitting.apply_all([fact, fact])
    assert not Quarantine.objects.exists()


class Silent:
    """A broker at which nothing waits."""

    async def waiting(self):
        return {"c1": 0}


def test_a_dispatcher_is_not_healthy_either(empty, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    made = Dispatcher(bus=None, offload=Inline(), connections=None, holder="me", tuning=Tuning())
    made._batches = Silent()

    async def asked(database):
        connections["default"] = database  # also inside the loop
        return await made._health(5.0)

    page = asyncio.run(asked(connections["default"]))
    assert page.status == http.client.SERVICE_UNAVAILABLE
    assert "The database lacks" in json.loads(page.body)["problem"]


def _lose():
    MigrationRecorder(connection).record_unapplied(*LAST)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compute_server DROP COLUMN observed CASCADE")
