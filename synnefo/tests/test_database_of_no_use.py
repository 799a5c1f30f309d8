"""A database that answers and is of no use (a standby after a failover, a session that it ends in the middle) is away: what
was to be written is written when it is of use, and no message is blamed for it."""

import asyncio

import psycopg
import pytest
from django.db import connection, connections, transaction

from logic.db import with_connection
from logic.dispatcher import applying
from logic.dispatcher.policy import splitting
from logic.dispatcher.tests.test_applying import counted
from logic.ledger.advancing import advance_batch
from logic.ledger.envelopes import local
from logic.ledger.models import Inbox, Quarantine
from logic.offload import Threads
from logic.testing.worlds import furnish, job, running
from synnefo.testing.databases import migrate, replaced
from synnefo.testing.processes import until

pytestmark = pytest.mark.servers
SOON = 30.0


@pytest.fixture
def database(postgres, django_db_setup, django_db_blocker, request):
    name = f"no_use_{request.node.name[:20]}"
    postgres.create_database(name)
    entry = postgres.django(name) | {"CONN_MAX_AGE": None}
    with django_db_blocker.unblock():
        migrate(entry)
        with replaced(entry):
            yield name


@pytest.fixture
def threads():
    made = Threads(readers=1, writers=1, callers=1, around=with_connection)
    yield made
    asyncio.run(made.write(connections.close_all))
    made.close()


@pytest.fixture
def fact(database):
    furnish()
    return local(job(running(), "reboot", 9, "success"))


def set_read_only(postgres, database, word):
    """Whoever connects from now on may write, or not."""
    with psycopg.connect(postgres.dsn(), autocommit=True) as other:
        other.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = {word}")


def test_what_a_standby_does_not_take_is_taken_by_the_primary_and_no_message_is_blamed(
    postgres, database, threads, fact
):
    async def failover():
        before = counted("database_retries", what="apply")
        applied = asyncio.create_task(applying.apply(threads, [fact, fact]))
        async with asyncio.timeout(SOON):
            while counted("database_retries", what="apply") < before + 2:  # noqa: ASYNC110 - a counter rings no bell
                await asyncio.sleep(0.01)
        set_read_only(postgres, database, "off")
        async with asyncio.timeout(SOON):
            return await applied

    set_read_only(postgres, database, "on")
    result = asyncio.run(failover())
    assert dict(result.counts) == {"applied": 1, "duplicate": 1}
    assert not Quarantine.objects.exists()
    assert Inbox.objects.filter(key=fact.observation.key()).exists()


def test_what_a_session_was_doing_that_the_server_ended_while_we_stood_still_is_done_again(
    postgres, database, threads, fact, monkeypatch
):
    # Given a process that stands still in its transaction, once, for longer than the server waits
    ended = []

    def standing_still(envelopes):
        with transaction.atomic():
            result = advance_batch(envelopes)
            if not ended:
                ended.append(ended_by_the_server(postgres))
        return result

    monkeypatch.setattr(splitting, "advance_batch", standing_still)
    # When it goes on
    result = asyncio.run(applying.apply(threads, [fact]))
    # Then the work is done, once, and nothing is blamed
    assert (len(ended), dict(result.counts)) == (1, {"applied": 1})
    assert not Quarantine.objects.exists()
    assert Inbox.objects.filter(key=fact.observation.key()).count() == 1


def ended_by_the_server(postgres):
    """Stand still until the session of this transaction is no more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '10', true), pg_backend_pid()")
        session = cursor.fetchone()[1]
    with psycopg.connect(postgres.dsn(), autocommit=True) as other:
        found = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        until(lambda: other.execute(found, [session]).fetchone() is None, within=SOON, what="its end")
    return session
