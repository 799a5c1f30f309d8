"""Health and metrics."""

import asyncio
import os
import subprocess
import sys

import pytest
from django.db import OperationalError

from logic.access import Caller
from synnefo import health
from synnefo.api.kernel import running


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_healthy_process_says_so_and_its_version(api, slash):
    reply = api.get("/health" + slash)
    assert reply.status == 200
    assert reply.json == {"status": "ok", "database": True, "version": health.VERSION}


def test_without_its_database_it_is_not_healthy(api):
    class Broken:
        async def read(self, function):
            raise OperationalError

    running.install(Broken())
    assert (api.get("/health").status, api.get("/health").json["database"]) == (503, False)


def test_a_database_that_hangs_is_no_answer(api, monkeypatch):
    class Stuck:
        async def read(self, function):
            await asyncio.Event().wait()

    running.install(Stuck())
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    assert api.get("/health").status == 503


def test_metrics_count_requests_by_route_and_name_no_tenant(api):
    user = "u" * 32
    api.of(Caller(user=user, project="p" * 32, roles=frozenset({"member"}))).get(f"/identity/v3/users/{user}")
    text = api.get("/metrics").body.decode()
    assert 'route="v3/users/<user_id>"' in text
    assert user not in text


WORKER = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
import django
django.setup(set_prefix=False)
import asyncio
from django.http import HttpRequest
from synnefo import health
from synnefo.api.kernel.handling import UNEXPECTED
UNEXPECTED.labels("nova").inc(int(sys.argv[1]))
print(asyncio.run(health.metrics(HttpRequest())).content.decode())
"""


def test_the_workers_of_one_node_tell_of_all_of_them(tmp_path):
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for count, together in (("2", "2.0"), ("3", "5.0")):
        done = subprocess.run(
            [sys.executable, "-c", WORKER, count],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert f'synnefo_api_unexpected_total{{service="nova"}} {together}' in done.stdout


def test_a_node_tells_whether_its_database_answers(api, monkeypatch):
    assert "synnefo_api_database_up 1.0" in api.get("/metrics").body.decode()

    def away():
        raise OperationalError("away")

    monkeypatch.setattr(health, "_ask", away)
    assert "synnefo_api_database_up 0.0" in api.get("/metrics").body.decode()


def test_what_must_be_measured_first_is_measured_at_each_scrape(api, monkeypatch):
    measured = []

    async def measure():
        measured.append(1)

    monkeypatch.setattr(health, "before_metrics", [measure])
    assert api.get("/metrics").status == 200
    assert measured == [1]
