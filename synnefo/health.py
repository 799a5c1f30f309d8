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

from logic import schema
from logic.listener import SCRAPE_TIMEOUT, within
from logic.schema import Lacking
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
    """200 while the database answers and has the schema, else 503."""
    problem: dict[str, str] = {}
    try:
        answers = await _answers(PATIENCE, _look)
    except Lacking as error:
        answers, problem = True, {"problem": error.sentence}
    well = answers and not problem
    body = {"status": "ok" if well else "unavailable", "database": answers, "version": VERSION, **problem}
    return HttpResponse(
        msgspec.json.encode(body), status=200 if well else 503, headers={"Content-Type": "application/json"}
    )


async def _answers(patience: float, question: Callable[[], bool]) -> bool:
    """Raises what the question raises of its own."""
    try:
        async with asyncio.timeout(patience):
            return await running.current().read(question)
    except (Error, TimeoutError):
        return False


def _look() -> bool:
    """Raises :class:`Lacking`."""
    schema.check_once()
    return _ask()


def _ask() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() is not None


async def metrics(request: HttpRequest) -> HttpResponse:
    """What this process has counted, or all workers of this node."""
    DATABASE.set(await _answers(within(request.headers.get(SCRAPE_TIMEOUT)) / 2, _ask))
    for refresh in before_metrics:
        await refresh()
    return HttpResponse(generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
