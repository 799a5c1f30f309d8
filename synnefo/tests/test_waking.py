"""What is committed elsewhere wakes this process, by PostgreSQL's NOTIFY."""

import asyncio
import contextlib

import psycopg
import pytest
from django.db import connections

from logic.dispatcher import waking
from logic.ledger import nudges
from logic.offload import Inline
from synnefo.testing.databases import replaced

GUARDED = {"sslmode": "allow", "application_name": "synnefo-test", "keepalives_idle": 7, "tcp_user_timeout": 9000}


@pytest.fixture
def database(migrated_postgres, django_db_blocker):
    with django_db_blocker.unblock(), replaced(migrated_postgres | {"OPTIONS": GUARDED}):
        yield connections["default"].get_connection_params()


@pytest.fixture
async def bell():
    """There before anybody listens: what was committed until then rings it."""
    with contextlib.closing(nudges.Bell("looks")) as made:
        yield made


@pytest.fixture
async def listening(bell, database, monkeypatch):
    """The connection that listens, once it does."""
    made = asyncio.get_running_loop().create_future()
    connect = psycopg.AsyncConnection.connect

    async def connected(**parameters):
        found = await connect(**parameters)
        if not made.done():
            made.set_result(found)
        return found

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", connected)
    relaying = asyncio.create_task(waking.relay_notifications(Inline()))
    yield await asyncio.wait_for(asyncio.shield(made), 20)
    relaying.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await relaying


async def test_it_connects_as_everybody_else_does(listening):
    """With the operator's certificates, and with no more patience for a machine that is gone."""
    given = listening.info.get_parameters()
    assert {name: given.get(name) for name in GUARDED} == {name: str(value) for name, value in GUARDED.items()}


async def test_a_notice_from_elsewhere_rings_here(bell, database, listening):
    async with asyncio.timeout(20):
        await bell.wait(1000)  # what was committed before it listened
    told = {name: database[name] for name in ("dbname", "user", "password", "host", "port")}
    async with await psycopg.AsyncConnection.connect(autocommit=True, **told) as other:
        await other.execute("NOTIFY synnefo_looks")
    async with asyncio.timeout(20):
        await bell.wait(1000)
