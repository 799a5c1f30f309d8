"""Events a second through the dispatcher, as separate processes: from the queues into committed rows.

One process beside a raw consumer that only acknowledges and beside a Celery task with the ORM, and two processes beside
one: the same messages, quorum queues, interleaved runs. Every process is started and connected, then stopped in its tracks
while the queues are filled; the clock runs from letting it go until the last row says what its last message said.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import msgspec
import psycopg

from synnefo.bench import broker
from synnefo.bench.figures import Figure, beside
from synnefo.bench.messages import STATUSES, Load
from synnefo.bench.names import CLUSTERS
from synnefo.bench.site import Cloud, Site
from synnefo.testing.processes import Daemon, descendants, until

PATIENCE = 600.0  # seconds a run may take
RAW = ["-m", "synnefo.bench.raw_consumer"]
CELERY = [
    *(
        "-m",
        "celery",
        "--app",
        "synnefo.bench.celery_peer",
        "--quiet",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "1",
    ),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
]
Fill = Callable[[str, Load], Coroutine[Any, Any, None]]


class Contender(msgspec.Struct, frozen=True):
    """How its queues are filled, and so many ``dispatchers`` or another program: its command and what it prints when it is
    ready. ``says``: what it prints at the end, when no row tells. One message in ``slow`` is enough for a slow one."""

    fill: Fill
    dispatchers: int = 0
    slow: int = 1
    words: list[str] = []
    ready: str = ""
    says: str = ""


ONE = Contender(broker.for_dispatchers, dispatchers=1)


def measure(site: Site) -> Iterator[Figure]:
    """``dispatcher.one`` beside both peers, and ``dispatcher.two`` beside it."""
    track = Track(site, site.cloud(site.options.servers))
    contenders = {
        "raw": Contender(broker.for_raw, words=[*RAW, str(track.count)], ready="consuming", says="done"),
        "one": ONE,
        "two": Contender(broker.for_dispatchers, dispatchers=2),
        "celery": Contender(broker.for_celery, words=CELERY, ready="ready.", slow=10),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(site.options.runs):
        for name, contender in contenders.items():
            rates[name].append(track.run(contender))
    facts = {**track.facts(), "prefetch": 1000}
    yield beside("dispatcher.one/raw_consumer", "events/s", rates["one"], rates["raw"], **facts)
    yield beside("dispatcher.two/dispatcher.one", "events/s", rates["two"], rates["one"], **facts)
    yield beside("dispatcher.one/celery_orm", "events/s", rates["one"], rates["celery"], **facts)


class Track:
    """One cloud on which contenders run, one after the other, each with a load of its own."""

    def __init__(self, site: Site, cloud: Cloud) -> None:
        self.count, self._resources = site.options.messages, min(site.options.resources, cloud.servers)
        self._cloud, self._url = cloud, site.rabbit.url
        self._told = {"messages": 0, "rows": 0, "changes": 0, "stale": 0}
        asyncio.run(broker.declare(self._url, cloud.prefix))
        self._rows = psycopg.connect(cloud.dsn, autocommit=True)

    def run(self, contender: Contender) -> float:
        """Messages a second."""
        count = self.count // contender.slow
        first = self._cloud.take_jobs(count // len(STATUSES))
        load = Load(self._cloud.prefix, count, self._resources, first)
        before = self._written()
        with contextlib.ExitStack() as stack:
            daemons = stack.enter_context(self._started(contender, f"peer-{first}"))
            with _paused(daemons):
                asyncio.run(contender.fill(self._url, load))
                started = time.perf_counter()
            until(lambda: self._done(contender, daemons, load), within=PATIENCE, what="the last row")
            took = time.perf_counter() - started
        if contender.dispatchers:
            self._count(before)
        return count / took

    @contextlib.contextmanager
    def _started(self, contender: Contender, name: str) -> Iterator[list[Daemon]]:
        if contender.dispatchers:
            with broker.dispatching(self._cloud, self._url, contender.dispatchers) as daemons:
                yield daemons
        else:
            with self._cloud.running(name, contender.words, contender.ready) as daemon:
                yield [daemon]

    def _done(self, contender: Contender, daemons: list[Daemon], load: Load) -> bool:
        if contender.says:
            return contender.says in daemons[0].tail()
        query = "SELECT count(*) FROM compute_server WHERE number BETWEEN 1 AND %s AND fence_job >= %s"
        found = self._rows.execute(query, [load.resources, load.final]).fetchone()
        return bool(found and found[0] == min(load.resources, load.next_job - load.first_job))

    def _written(self) -> dict[str, int]:
        query = """SELECT (SELECT count(*) FROM ledger_inbox) + (SELECT count(*) FROM ledger_journal) AS rows,
                          (SELECT sum(version) FROM compute_server) AS changes,
                          (SELECT count(*) FROM ledger_journal WHERE what = 'stale') AS stale"""
        row = self._rows.execute(query).fetchone()
        assert row
        return {"rows": row[0], "changes": int(row[1]), "stale": row[2]}

    def _count(self, before: dict[str, int]) -> None:
        now = self._written()
        self._told = {name: self._told[name] + now[name] - before[name] for name in now} | {
            "messages": self._told["messages"] + self.count
        }

    def facts(self) -> dict[str, object]:
        """What the dispatchers were told and what they wrote for it."""
        told = self._told["messages"]
        return {
            "messages": self.count,
            "resources": self._resources,
            "clusters": CLUSTERS,
            "servers": self._cloud.servers,
            "stale": round(self._told["stale"] / told, 3),
            "rows_per_event": round((self._told["rows"] + self._told["changes"]) / told, 2),
            "fsync": True,
            "queue": "quorum",
        }


@contextlib.contextmanager
def _paused(daemons: list[Daemon]) -> Iterator[None]:
    """Stopped in their tracks, with all they started, until left."""
    pids = [pid for daemon in daemons for pid in descendants(daemon.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
