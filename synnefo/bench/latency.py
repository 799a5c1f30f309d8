"""How long after an event is published its row says so, and how long until the API does: at quiet and at busy rates, through
a dispatcher process, RabbitMQ and PostgreSQL.

A trigger of this program's own notifies at each commit. Beside it, in runs of its own, a bare consumer that makes one
durable UPDATE of each event (``bare_update``): below its figures no dispatcher can come on the same machine. In other runs
at most twenty events a second are followed through ``GET /servers/{id}``, asked again and again until the status is the
new one, which is work for the same cores.
"""

import asyncio
import contextlib
import enum
import time
from collections.abc import Collection, Iterator, Mapping

import msgspec
import psycopg
import uvloop

from logic.bus import Publisher, topology
from logic.bus.amqp import AmqpBus
from logic.messages import codec
from synnefo.bench import broker, load
from synnefo.bench.figures import Figure, alone, beside, percentile
from synnefo.bench.messages import OPCODES, job
from synnefo.bench.names import ASKING, BARE, cluster, cluster_of
from synnefo.bench.site import Cloud, Site

RATES = (10, 100, 1000)  # events a second
FOLLOWED = 20  # a second
LAPSES = 2  # of the usual length a run
PATIENCE = 60.0  # seconds for the last event
WORDS = {"running": "ACTIVE", "stopped": "SHUTOFF"}
SERVERS = """
SELECT number, id, observed FROM compute_server WHERE project = %s AND mode = 'normal' ORDER BY number LIMIT 10000
"""
TELL = """
CREATE OR REPLACE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('bench', NEW.fence_job::text); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER bench_tell AFTER UPDATE ON compute_server FOR EACH ROW
  WHEN (NEW.fence_job IS DISTINCT FROM OLD.fence_job) EXECUTE FUNCTION bench_tell();
"""
QUIET = "DROP TRIGGER bench_tell ON compute_server"


class Seen(msgspec.Struct):
    """Milliseconds of each event of a run; ``unseen``: events that no row told of in time."""

    rows: list[float] = []
    answers: list[float] = []
    unseen: int = 0


class Way(enum.Enum):
    """Where the events of a run go, and who looks for them."""

    PLAIN = "to the dispatcher"
    BARE = "to the peer"
    FOLLOWED = "to the dispatcher, and the API is asked"


SHOWN = {Way.PLAIN: "rows", Way.BARE: "rows", Way.FOLLOWED: "answers"}


def measure(site: Site) -> Iterator[Figure]:
    """``event_to_row`` and ``event_to_api`` at each rate."""
    cloud = site.cloud(site.options.servers)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(cloud.dsn, autocommit=True))
        connection.execute(TELL)
        stack.callback(connection.execute, QUIET)
        port = stack.enter_context(cloud.serving())
        stack.enter_context(broker.dispatching(cloud, site.rabbit.url, 1))
        stack.enter_context(broker.updating(cloud, site.rabbit.url))
        events = Events(cloud, connection, site.rabbit.url, port)
        uvloop.run(events.run(RATES[1], site.options.seconds, Way.FOLLOWED))  # what is slow only once
        runs = {
            (rate, way, number): uvloop.run(events.run(rate, site.options.seconds * LAPSES, way))
            for number in range(site.options.runs)
            for rate in RATES
            for way in Way
        }
    for rate in RATES:
        of_way = {way: [runs[rate, way, number] for number in range(site.options.runs)] for way in Way}
        yield from _figures(rate, of_way, cloud.servers)


def _figures(rate: int, runs: dict[Way, list[Seen]], servers: int) -> Iterator[Figure]:
    ours, bare, followed = ([getattr(run, what) for run in runs[way]] for way, what in SHOWN.items())
    for share in (50, 99):
        facts = _facts(rate, runs[Way.PLAIN], ours, servers)
        yield beside(f"event_to_row.p{share}_ms", "ms", _percentiles(ours, share), _percentiles(bare, share), **facts)
    for share in (50, 99):
        facts = _facts(rate, runs[Way.FOLLOWED], followed, servers)
        yield alone(f"event_to_api.p{share}_ms", "ms", _percentiles(followed, share), **facts)


def _facts(rate: int, runs: list[Seen], seen: list[list[float]], servers: int) -> dict[str, object]:
    unseen = sum(run.unseen for run in runs)
    return {"events_a_second": rate, "followed": sum(map(len, seen)), "servers": servers, "unseen": unseen}


def _percentiles(runs: list[list[float]], share: int) -> list[float]:
    return [percentile(run, share / 100) for run in runs]


class Events:
    """Publishes events, each of which changes the state of another server of the asking project, and watches. ``port`` is
    the API's, for those who follow. Servers with the numbers ``spared`` are left alone."""

    def __init__(
        self, cloud: Cloud, connection: psycopg.Connection, url: str, port: int = 0, spared: Collection[int] = ()
    ) -> None:
        self._cloud, self._url, self._port = cloud, url, port
        found = connection.execute(SERVERS, [ASKING]).fetchall()
        self._servers = [list(row) for row in found if row[0] not in spared]
        self._poisoned = topology.routing_key(cloud.prefix, "op", cluster(0))
        self._turn = 0

    async def run(
        self, rate: int, seconds: float, way: Way = Way.PLAIN, poison: Mapping[int, bytes] | None = None
    ) -> Seen:
        """Events at this rate for so long; after those whose places ``poison`` names, its bytes are published too."""
        count = int(rate * seconds)
        first = self._cloud.take_jobs(count)
        publisher = await AmqpBus(self._url, self._cloud.prefix).publisher()
        watch = await Watch.begun(self._cloud.dsn, self._port, self._cloud.token)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as publishing:
            for place in range(count):
                await asyncio.sleep(max(0.0, started + place / rate - time.perf_counter()))
                followed = way is Way.FOLLOWED and place % max(1, rate // FOLLOWED) == 0
                publishing.create_task(self._tell(publisher, watch, first + place, way, followed=followed))
                if poison and place in poison:
                    publishing.create_task(publisher.publish(self._poisoned, poison[place], timeout=PATIENCE))
        seen = await watch.ended()
        await publisher.close()
        return seen

    async def _tell(self, publisher: Publisher, watch: "Watch", number: int, way: Way, *, followed: bool) -> None:
        server = self._servers[self._turn % len(self._servers)]
        self._turn += 1
        opcode, server[2] = next(pair for pair in OPCODES.items() if pair[1] != server[2])
        told = job(self._cloud.prefix, server[0], number, "success", opcode)
        watch.expect(number, server[1] if followed else "", WORDS[server[2]])
        to = BARE if way is Way.BARE else cluster_of(server[0])
        key = topology.routing_key(self._cloud.prefix, "op", to)
        await publisher.publish(key, codec.encode(told), timeout=PATIENCE)


class Watch:
    """Sees each commit, and asks the API about some."""

    def __init__(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]", port: int, token: str) -> None:
        self._connection, self._port, self._token = connection, port, token
        self._published: dict[int, float] = {}
        self._seen = Seen()
        self._following: set[asyncio.Task[None]] = set()
        self._idle: list[load.Connection] = []
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def begun(cls, dsn: str, port: int, token: str) -> "Watch":
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True)
        await connection.execute("LISTEN bench")
        return cls(connection, port, token)

    def expect(self, number: int, id: str, status: str) -> None:
        """A job is published now; ``id`` names the server to follow through the API."""
        self._published[number] = time.perf_counter()
        if id:
            self._following.add(asyncio.create_task(self._follow(id, status)))

    async def _listen(self) -> None:
        async for notice in self._connection.notifies():
            published = self._published.pop(int(notice.payload), None)
            if published is not None:
                self._seen.rows.append((time.perf_counter() - published) * 1000)

    async def _follow(self, id: str, status: str) -> None:
        started = time.perf_counter()
        asking = load.request("GET", f"/compute/v2.1/servers/{id}", self._token)
        connection = self._idle.pop() if self._idle else await load.Connection.to(self._port)
        wanted = f'"status":"{status}"'.encode()
        while wanted not in await connection.ask(asking):
            if time.perf_counter() > started + PATIENCE:
                return
        self._seen.answers.append((time.perf_counter() - started) * 1000)
        self._idle.append(connection)

    async def ended(self) -> Seen:
        """When all is seen, or patience is at its end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._published:
                    await asyncio.sleep(0.01)
                await asyncio.gather(*self._following)
        self._seen.unseen = len(self._published)
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._connection.close()
        for connection in self._idle:
            connection.close()
        return self._seen
