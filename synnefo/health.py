"""``/health`` for load balancers and ``/metrics`` for Prometheus. Neither needs a token; neither tells of tenants."""

from importlib import metadata

import msgspec
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from synnefo.api.kernel import running

try:
    VERSION = metadata.version("synnefo")
except metadata.PackageNotFoundError:
    VERSION = "source"  # run from a checkout that is not installed


async def health(_request: HttpRequest) -> HttpResponse:
    """200 while the database answers, else 503."""
    answers = await running.current().read(_database_answers)
    body = {"status": "ok" if answers else "unavailable", "database": answers, "version": VERSION}
    return HttpResponse(
        msgspec.json.encode(body), status=200 if answers else 503, headers={"Content-Type": "application/json"}
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() is not None
    except DatabaseError:
        return False


async def metrics(_request: HttpRequest) -> HttpResponse:
    """What this process has counted."""
    return HttpResponse(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
