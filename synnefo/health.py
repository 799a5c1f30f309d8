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
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from synnefo.api.kernel import running

PATIENCE = 5.0  # seconds; a load balancer does not wait longer either
before_metrics: list[Callable[[], Awaitable[object]]] = []  # the embedded cloud's dispatcher, in the same process
try:
    VERSION = metadata.version("synnefo")
except metadata.PackageNotFoundError:
    VERSION = "source"  # run from a checkout that is not installed


async def health(_request: HttpRequest) -> HttpResponse:
    """200 while the database answers, else 503."""
    try:
        async with asyncio.timeout(PATIENCE):
            answers = await running.current().read(_ask)
    except (Error, TimeoutError):
        answers = False
    body = {"status": "ok" if answers else "unavailable", "database": answers, "version": VERSION}
    return HttpResponse(
        msgspec.json.encode(body), status=200 if answers else 503, headers={"Content-Type": "application/json"}
    )


def _ask() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() is not None


async def metrics(_request: HttpRequest) -> HttpResponse:
    """What this process has counted, or all workers of this node."""
    for refresh in before_metrics:
        await refresh()
    return HttpResponse(generate_latest(_registry()), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
