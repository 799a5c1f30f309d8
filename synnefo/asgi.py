"""The API process's ASGI application: ``uvicorn synnefo.asgi:application``.

Django's handler, with its detours taken out. Bodies are taken by the kernel (``bodies``), none to our disk. A request
sends no Django signals and hops through no thread of Django's: connections are the affair of ``logic.db.with_connection``,
and the kernel's views close nothing else. A client that hangs up does not stop a view: what was asked is done, or not at
all.
"""

import gc
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import django
import structlog
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.db import connections
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from logic import failpoints
from synnefo.api.kernel import bodies, sending
from synnefo.api.kernel.handling import HUNG_UP
from synnefo.logging import set_up
from synnefo.settings.databases import impatient

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
YOUNG = 20_000  # objects between two collections; a long listing makes as many, and all of them are still needed


class Edge(ASGIHandler):
    """From ASGI to Django's URL resolver and the kernel's views."""

    async def handle(self, scope: Mapping[str, Any], receive: bodies.Receive, send: Send) -> None:
        set_script_prefix(get_script_prefix(scope))
        query = scope.get("query_string", b"").decode("latin-1")  # any bytes: the kernel refuses, in the dialect
        request = bodies.Request({**scope, "query_string": query}, receive)
        response = await self.get_response_async(request)
        if isinstance(response, sending.Streamed):
            await sending.send(response, receive, send)
        elif response.status_code != HUNG_UP:
            await self.send_response(response, send)
        request.close()

    async def get_response_async(self, request: Any) -> HttpResponseBase:
        """Django's own logs each reply of 400 and above from another thread; the kernel has counted it already."""
        response: HttpResponseBase = await self._middleware_chain(request)  # type: ignore[attr-defined] # the stubs lack it
        return response


gc.set_threshold(YOUNG, 20, 20)  # from here on, since nearly all that is made at the start stays
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
django.setup(set_prefix=False)
if not structlog.is_configured():  # the embedded cloud has done it
    set_up("api")
failpoints.obey(os.environ)
for name, database in connections.settings.items():  # before anything has connected
    connections.settings[name] = impatient(database, settings.API_LOCK_TIMEOUT)
gc.freeze()  # what is there by now stays: the collector need not walk through it again and again
application = Edge()
