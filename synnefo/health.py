"""``/health`` for load balancers and ``/metrics`` for Prometheus. Neither needs a token; neither tells of tenants.

With several workers on one node each would tell of itself alone, and a scrape meets any of them: with
``PROMETHEUS_MULTIPROC_DIR`` (the unit sets it) they add up in that directory, and each tells of all.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from importlib import metadata

import msgspec
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from logic.listener import SCRAPE_TIMEOUT, within
from synnefo.api.kernel import running

PATIENCE = 5.0  # seconds; a load balancer does not wait longer either
DATABASE = Gauge(
    "synnefo_api_database_up", "1 when the database answered this API node's scrape", multiprocess_mode="mostrecent"
)
before_metrics: list[Callable[[], Awaitable[object]]] = []  # the embedded cloud's dispatcher, in the same process
try:
    VERSION = metadata.version("synnefo")
except metadata.PackageNotFoundError:
    VERSION = "source"  # run from a checkout that is not installed


async def health(_request: HttpRequest) -> HttpResponse:
    """200 while the database answers, else 503."""
    answers = await _answers(PATIENCE)
    body = {"status": "ok" if answers else "unavailable", "database": answers, "version": VERSION}
    return HttpResponse(
        msgspec.json.encode(body), status=200 if answers else 503, headers={"Content-Type": "application/json"}
    )


async def _answers(patience: float) -> bool:
    try:
        async with asyncio.timeout(patience):
            return await running.current().read(_ask)
    except (Error, TimeoutError):
        return False


def _ask() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() is not None


async def metrics(request: HttpRequest) -> HttpResponse:
    """What this process has counted, or all workers of this node."""
    DATABASE.set(await _answers(within(request.headers.get(SCRAPE_TIMEOUT)) / 2))
    for refresh in before_metrics:
        await refresh()
    return HttpResponse(generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
