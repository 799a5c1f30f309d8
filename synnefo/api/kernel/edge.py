"""From ASGI to Django's URL resolver and the kernel's views: Django's handler, with its detours taken out.

Bodies are taken by the kernel (``bodies``), none to our disk. A request sends no Django signals and hops through no thread of
Django's: connections are the affair of ``logic.db.with_connection``, and the kernel's views close nothing else. A client that
hangs up does not stop a view: what was asked is done, or not at all. Made by ``synnefo.asgi``, when Django is set up.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from synnefo.api.kernel import bodies, sending
from synnefo.api.kernel.handling import HUNG_UP

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


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
