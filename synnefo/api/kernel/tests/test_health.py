"""Health and metrics."""

import asyncio

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
