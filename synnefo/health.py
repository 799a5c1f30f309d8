"""``/health`` for load balancers and ``/metrics`` for Prometheus. Neither needs a token; neither tells of tenants."""

import asyncio
from importlib import metadata

import msgspec
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from synnefo.api.kernel import running

PATIENCE = 5.0  # seconds; a load balancer does not wait longer either
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
    """What this process has counted."""
    return HttpResponse(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
