"""What a larger cloud costs: the same figures with 1,000, 10,000 and 100,000 servers, interleaved, and the first page of a
list beside a deep one. The ratio is the worst to the best: 1.0 is no growth at all."""

import asyncio
import contextlib
import statistics
from collections.abc import Awaitable, Callable, Iterator

import psycopg

from synnefo.bench import api, load
from synnefo.bench.dispatcher import ONE, Track
from synnefo.bench.figures import Figure
from synnefo.bench.names import ASKING
from synnefo.bench.site import Cloud, Site

STEPS = (100, 10, 1)  # the largest cloud, divided
Measured = Callable[[], Awaitable[float]]


def measure(site: Site) -> Iterator[Figure]:
    """``growth.<path>`` of each path in :data:`PATHS`, of the dispatcher, and of a page's depth."""
    clouds = [site.cloud(max(1000, site.options.servers // step)) for step in STEPS]
    with contextlib.ExitStack() as stack:
        ports = {cloud.servers: stack.enter_context(cloud.serving()) for cloud in clouds}
        for path, rate in PATHS.items():
            yield _grown(path, site, {cloud.servers: rate(cloud, ports[cloud.servers], site) for cloud in clouds})
        largest = clouds[-1]
        yield _grown("page_depth", site, _by_depth(largest, ports[largest.servers], site))
    tracks = [Track(site, cloud) for cloud in clouds]
    yield _told("dispatcher", site, [[track.run(ONE) for track in tracks] for _ in range(site.options.runs)], clouds)


def _grown(path: str, site: Site, sizes: dict[int, Measured]) -> Figure:
    async def runs() -> list[list[float]]:
        return [[await rate() for rate in sizes.values()] for _ in range(site.options.runs)]

    return _figure(path, asyncio.run(runs()), list(sizes))


def _told(path: str, site: Site, runs: list[list[float]], clouds: list[Cloud]) -> Figure:
    return _figure(path, runs, [cloud.servers for cloud in clouds], messages=site.options.messages)


def _figure(path: str, runs: list[list[float]], sizes: list[int], **facts: object) -> Figure:
    """Rates, where more is better: the best is how often as many as the worst."""
    medians = [statistics.median(rates) for rates in zip(*runs, strict=True)]
    at = {f"at_{size}": round(rate, 1) for size, rate in zip(sizes, medians, strict=True)}
    best, worst = max(medians), min(medians)
    return Figure(
        name=f"growth.{path}",
        value=round(worst, 1),
        unit="1/s",
        peer_value=round(best, 1),
        ratio=round(best / worst, 3),
        runs=len(runs),
        facts=at | facts,
    )


def _get(cloud: Cloud, port: int, site: Site) -> Measured:
    requests = api.gets(cloud)
    return lambda: load.rate(port, requests, connections=api.READERS, seconds=site.options.seconds)


def _list(cloud: Cloud, port: int, site: Site) -> Measured:
    requests = [api.listing(cloud)]
    return lambda: load.rate(port, requests, connections=api.LISTERS, seconds=site.options.seconds)


def _post(cloud: Cloud, port: int, site: Site) -> Measured:
    return lambda: api.posting(cloud, port, site.options.seconds)


PATHS: dict[str, Callable[[Cloud, int, Site], Measured]] = {
    "server_get": _get,
    "servers_detail_1000": _list,
    "servers_post": _post,
}


def _by_depth(cloud: Cloud, port: int, site: Site) -> dict[int, Measured]:
    """Lists of a thousand after so many servers of the project, down to its last thousand."""
    query = "SELECT id FROM compute_server WHERE project = %s ORDER BY created_at DESC, id DESC"
    with psycopg.connect(cloud.dsn) as connection:
        ids = [row[0] for row in connection.execute(query, [ASKING]).fetchall()]
    markers = {0: ""} | {depth: ids[depth - 1] for depth in {len(ids) // 2, len(ids) - 1000} if depth > 0}

    def at(marker: str) -> Measured:
        requests = [api.listing(cloud, marker)]
        return lambda: load.rate(port, requests, connections=api.LISTERS, seconds=site.options.seconds)

    return {depth: at(marker) for depth, marker in sorted(markers.items())}
