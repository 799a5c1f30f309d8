"""What poison costs the good messages: milliseconds from an event to its row, 99 of a hundred, while one message in a hundred is
rubbish, beside the same runs without it; interleaved, through one dispatcher process.

Of the rubbish, one in eleven is a sound message that meets a fault of ours: the database refuses to change its server, as it
does after a bad migration. In the end that is mended, and ``manage.py quarantine-replay`` brings them in. The line says what
is in the quarantine, what was lost (nothing), and how many came back.
"""

import contextlib
import itertools
import math
from collections.abc import Iterator

import psycopg
import uvloop

from ganeti.vocabulary import instance_name
from logic.messages import codec
from synnefo.bench import broker
from synnefo.bench.figures import Figure, beside, percentile
from synnefo.bench.latency import QUIET, TELL, Events, Seen
from synnefo.bench.messages import OPCODES, job
from synnefo.bench.names import ASKING, cluster
from synnefo.bench.site import Cloud, Site
from synnefo.simulation.poison import shapes
from synnefo.testing.processes import until

SHARE = 100  # of so many messages one is poison
WARM_UP = 2.0  # seconds
PATIENCE = 60.0
FAULT = "a bad migration"
BREAK = """
CREATE FUNCTION bench_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%'; END $$;
CREATE TRIGGER bench_refuse BEFORE UPDATE ON compute_server FOR EACH ROW
  WHEN (NEW.number = ANY ('{%s}'::int[])) EXECUTE FUNCTION bench_refuse();
"""
MEND = "DROP FUNCTION IF EXISTS bench_refuse CASCADE"
VICTIMS = """
SELECT number FROM compute_server JOIN placement_backend ON placement_backend.id = backend_id
WHERE project = %s AND mode = 'normal' AND placement_backend.name = %s ORDER BY number DESC LIMIT 50
"""


def measure(site: Site) -> Iterator[Figure]:
    """``poison.event_to_row.p99_ms``."""
    cloud = site.cloud(site.options.servers)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(cloud.dsn, autocommit=True))
        victims = [number for (number,) in connection.execute(VICTIMS, [ASKING, cluster(0)]).fetchall()]
        connection.execute(TELL)
        stack.callback(connection.execute, QUIET)
        connection.execute(BREAK.replace("'%'", f"'{FAULT}'") % ",".join(map(str, victims)))
        stack.callback(connection.execute, MEND)
        stack.enter_context(broker.dispatching(cloud, site.rabbit.url, 1))
        trial = Trial(site, cloud, connection, victims)
        runs = trial.runs()
        facts = trial.facts()
    yield _figure(runs, facts)


def _figure(runs: list[tuple[Seen, Seen]], facts: dict[str, object]) -> Figure:
    spoilt, clean = zip(*runs, strict=True)
    ours, peers = ([percentile(run.rows, 0.99) for run in half] for half in (spoilt, clean))
    return beside("poison.event_to_row.p99_ms", "ms", ours, peers, **facts)


class Trial:
    """Runs with and without poison on one cloud, and the account of them. ``victims``: servers that cannot change."""

    def __init__(self, site: Site, cloud: Cloud, connection: psycopg.Connection, victims: list[int]) -> None:
        self._options, self._cloud, self._rows = site.options, cloud, connection
        self._victims = itertools.cycle(victims)
        self._events = Events(cloud, connection, site.rabbit.url, spared=victims)
        self._poison: list[bytes] = []
        self._mendable = 0
        self._seen: list[Seen] = []

    def runs(self) -> list[tuple[Seen, Seen]]:
        """With poison and without, in turn: as many messages each as were asked for, in all runs together."""
        uvloop.run(self._events.run(self._options.rate, WARM_UP))
        self._told = self._count("ledger_inbox")
        each = math.ceil(self._options.messages / self._options.runs)
        return [(self._run(each, spoilt=True), self._run(each, spoilt=False)) for _ in range(self._options.runs)]

    def _run(self, count: int, *, spoilt: bool) -> Seen:
        poison = {place: self._rubbish() for place in range(SHARE // 2, count, SHARE)} if spoilt else {}
        rate = self._options.rate
        self._seen.append(uvloop.run(self._events.run(rate, (count + 0.5) / rate, poison=poison)))
        return self._seen[-1]

    def _rubbish(self) -> bytes:
        """The next: every shape in turn, and one that is only in bad luck."""
        place = len(self._poison)
        kinds = shapes(cluster(0), cluster(1), f"m{place:07}", self._name(next(self._victims)))
        turn = place % (len(kinds) + 1)
        self._poison.append(kinds[turn] if turn < len(kinds) else self._unlucky())
        return self._poison[-1]

    def _unlucky(self) -> bytes:
        self._mendable += 1
        number = self._cloud.take_jobs(1)
        return codec.encode(job(self._cloud.prefix, next(self._victims), number, "success", next(iter(OPCODES))))

    def _name(self, number: int) -> str:
        return instance_name(f"{self._cloud.prefix}-", number)

    def facts(self) -> dict[str, object]:
        """Everything is accounted for, before the fault is mended and after."""
        until(lambda: self._kept() >= len(self._poison), within=PATIENCE, what="the quarantine")
        good = sum(len(run.rows) + run.unseen for run in self._seen)
        found: dict[str, object] = {
            "messages": good,
            "events_a_second": self._options.rate,
            "poison": len(self._poison),
            "quarantined": self._kept(),
            "without_a_reason": self._count("ledger_quarantine WHERE reason = ''"),
            "lost": self._told + good - self._count("ledger_inbox"),
            "unseen": sum(run.unseen for run in self._seen),
        }
        return found | {"mendable": self._mendable, "replayed": self._replayed()}

    def _replayed(self) -> int:
        """How many came in after the mending."""
        before = self._count("ledger_inbox")
        self._rows.execute(MEND)
        self._cloud.manage("quarantine-replay", "--all", "--reason", FAULT)
        until(lambda: self._count("ledger_inbox") >= before + self._mendable, within=PATIENCE, what="the replayed")
        assert self._kept() == len(self._poison) - self._mendable
        return self._count("ledger_inbox") - before

    def _kept(self) -> int:
        return self._count("ledger_quarantine")

    def _count(self, what: str) -> int:
        row = self._rows.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - our own words
        assert row
        return int(row[0])
