"""The API's read paths beside a bare ASGI handler on raw SQL (``raw_asgi``): the same servers, the same JSON, the same uvicorn
with one worker, interleaved runs in a cloud of 100,000 servers; and how many new servers it accepts a second."""

import asyncio
from collections.abc import Iterator

import msgspec
import psycopg

from logic import decoding
from synnefo.bench import load
from synnefo.bench.figures import Figure, alone, beside
from synnefo.bench.names import ASKING, FLAVOR, IMAGE, asking
from synnefo.bench.site import Cloud, Site

READERS, LISTERS, WRITERS = 8, 2, 8  # connections
NEW = "new"  # the name of the servers asked for
SERVERS = "/compute/v2.1/servers"
RAW = "synnefo.bench.raw_asgi:application"


def measure(site: Site) -> Iterator[Figure]:
    """``server_get``, ``servers_detail_1000`` and ``servers_post``."""
    yield from asyncio.run(_measured(site, site.cloud(site.options.servers)))


async def _measured(site: Site, cloud: Cloud) -> list[Figure]:
    runs, seconds = site.options.runs, site.options.seconds
    facts = {"servers": cloud.servers, "of_the_project": asking(cloud.servers), "workers": 1}
    with cloud.serving() as ours, cloud.serving(RAW) as raw:
        figures = []
        for name, requests, connections in (
            ("server_get", gets(cloud), READERS),
            ("servers_detail_1000", [listing(cloud)], LISTERS),
        ):
            await _same(ours, raw, requests[0])
            pairs = [
                [await load.rate(port, requests, connections=connections, seconds=seconds) for port in (ours, raw)]
                for _ in range(runs)
            ]
            mine, peers = zip(*pairs, strict=True)
            told = facts | {"connections": connections}
            figures.append(beside(f"{name}/raw_asgi", "requests/s", mine, peers, **told))
        posts = [await posting(cloud, ours, seconds) for _ in range(runs)]
        return [*figures, alone("servers_post", "requests/s", posts, connections=WRITERS, **facts)]


async def _same(ours: int, raw: int, request: bytes) -> None:
    """Both must answer alike, or the ratio says nothing."""
    mine, peers = [decoding.decode(await load.once(port, request)) for port in (ours, raw)]
    if mine != peers:
        raise load.Wrong(f"not the same:\n{str(mine)[:3000]}\n{str(peers)[:3000]}")


def gets(cloud: Cloud) -> list[bytes]:
    """Requests for single servers of the asking project, spread over all there are."""
    query = "SELECT id FROM compute_server WHERE project = %s AND observed = 'running' ORDER BY id LIMIT 500"
    with psycopg.connect(cloud.dsn) as connection:
        ids = connection.execute(query, [ASKING]).fetchall()
    return [load.request("GET", f"{SERVERS}/{id}", cloud.token) for (id,) in ids]


def listing(cloud: Cloud, marker: str = "") -> bytes:
    """A request for a thousand servers in detail, after ``marker``."""
    after = f"&marker={marker}" if marker else ""
    return load.request("GET", f"{SERVERS}/detail?limit=1000{after}", cloud.token)


async def posting(cloud: Cloud, port: int, seconds: float) -> float:
    """New servers accepted a second. They are forgotten afterwards, so that the cloud stays the size it is."""
    wanted = {"name": NEW, "flavorRef": FLAVOR, "imageRef": IMAGE, "networks": "auto", "metadata": {"role": "web"}}
    request = load.request("POST", SERVERS, cloud.token, msgspec.json.encode({"server": wanted}))
    try:
        return await load.rate(port, [request], connections=WRITERS, seconds=seconds)
    finally:
        with psycopg.connect(cloud.dsn) as connection:
            for statement in _FORGET:
                connection.execute(statement)


_FORGET = [
    f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM compute_server WHERE name = '{NEW}')"  # noqa: S608 - names of ours
    for table, column in (
        ("ledger_command", "resource"),
        ("ledger_journal", "resource"),
        ("quota_delta", "holder"),
        ("network_address", "(SELECT device FROM network_port WHERE id = port_id)"),
        ("network_port", "device"),
        ("compute_server", "id"),
    )
]
