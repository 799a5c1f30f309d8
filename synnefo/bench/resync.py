"""Seconds that a complete look at a cluster of 10,000 instances takes, over HTTPS, on PostgreSQL, and how many requests.

Twice in each run: when every server's row says something else than the cluster does, as after an hour without a single
message; and when nothing differs, as every minute. Both from the first question to the last commit.
"""

import asyncio
from collections.abc import Iterator

from django.db import connection

from ganeti.rapi import RapiClient
from ganeti.transport import RapiRequest, RapiResponse, Transport
from logic import clock
from logic.backends.ganeti import GanetiBackend
from logic.db import with_connection
from logic.dispatcher.connections import Connections
from logic.ledger.leases import Tenure, hold_lease
from logic.offload import Offload, Threads
from logic.reconcile.asking import Asker
from logic.reconcile.driver import LEASE
from logic.reconcile.resyncing import resync
from logic.reconcile.writing import Pen
from synnefo.bench import full_cluster
from synnefo.bench.figures import Figure, alone
from synnefo.bench.full_cluster import CLUSTER, PREFIX
from synnefo.bench.site import Site
from synnefo.testing import databases

INSTANCES = 10_000
STOPPED = f"UPDATE compute_server SET observed = 'stopped', version = version + 1 WHERE number <= {INSTANCES}"  # noqa: S608
WRONG = "SELECT count(*) FROM compute_server WHERE observed <> 'running'"


def measure(site: Site) -> Iterator[Figure]:
    """``resync_10000_s`` with every row wrong, ``resync_10000_quiet_s`` with none."""
    site.postgres.create_database("resync")
    database = site.postgres.django("resync")
    databases.migrate(database)
    with full_cluster.running(INSTANCES) as cluster, databases.replaced(database):
        full_cluster.rows(INSTANCES, cluster.incarnation)
        offload = Threads(readers=1, writers=1, callers=1, around=with_connection)
        counting = Counting(cluster.transport)
        try:
            runs = [_run(offload, counting) for _ in range(site.options.runs)]
        finally:
            offload.close()
    changed, quiet = zip(*runs, strict=True)
    facts = {"instances": INSTANCES, "requests": counting.requests, "fsync": True}
    yield alone("resync_10000_s", "s", changed, differing=INSTANCES, **facts)
    yield alone("resync_10000_quiet_s", "s", quiet, differing=0, **facts)


def _run(offload: Offload, counting: "Counting") -> tuple[float, float]:
    with connection.cursor() as cursor:
        cursor.execute(STOPPED)
        changed = _seconds(offload, counting)
        cursor.execute(WRONG)
        assert cursor.fetchone() == (0,), "every row says what the cluster does"
        return changed, _seconds(offload, counting)


def _seconds(offload: Offload, counting: "Counting") -> float:
    """One complete look, as the reconciler takes it."""
    counting.requests = 0
    started = clock.monotonic()
    assert asyncio.run(_look(offload, counting)), "the cluster has answered"
    return clock.monotonic() - started


async def _look(offload: Offload, counting: "Counting") -> bool:
    client = RapiClient(counting)
    backend = GanetiBackend(cluster=CLUSTER, prefix=PREFIX, client=client, offload=offload)
    pen = Pen(offload, Tenure(LEASE, await offload.write(hold_lease, LEASE, "bench", seconds=3600)))
    asker = Asker(CLUSTER, Connections(offload, lambda _: backend), lambda: None)
    return await resync(CLUSTER, offload, asker, pen)


class Counting:
    """A transport that counts what goes through it."""

    def __init__(self, transport: Transport) -> None:
        self._transport, self.requests = transport, 0

    def send(self, request: RapiRequest) -> RapiResponse:
        self.requests += 1
        return self._transport.send(request)
