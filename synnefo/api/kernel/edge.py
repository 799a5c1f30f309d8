"""From ASGI to Django's URL resolver and the kernel's views: Django's handler, with its detours taken out.

Bodies are taken by the kernel (``bodies``), none to our disk. A request sends no Django signals and hops through no thread of
Django's: connections are the affair of ``logic.db.with_connection``, and the kernel's views close nothing else. A client that
hangs up does not stop a view: what was asked is done, or not at all. Made by ``synnefo.asgi``, when Django is set up.
"""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponseBase
from django.urls import get_resolver

from synnefo.api.kernel import bodies, sending
from synnefo.api.kernel.handling import HUNG_UP

Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Reply = sending.Reply | HttpResponseBase  # of the kernel's views, and of the few that are Django's
View = Callable[..., Awaitable[Reply]]
SHORT = 256  # characters of an address that is remembered: nobody fills our memory


class Edge(ASGIHandler):
    """From ASGI to Django's URL resolver and the kernel's views."""

    async def handle(self, scope: Mapping[str, Any], receive: bodies.Receive, send: Send) -> None:
        query = scope.get("query_string", b"").decode("latin-1")  # any bytes: the kernel refuses, in the dialect
        request = bodies.Request({**scope, "query_string": query}, receive)
        # Django's own ``get_response_async`` logs each reply of 400 and above from another thread; the kernel has counted it.
        reply: Reply = await self._middleware_chain(request)  # type: ignore[attr-defined] # the stubs lack it
        if isinstance(reply, sending.Streamed):
            await sending.send_streamed(reply, receive, send)
        elif not isinstance(reply, sending.Reply):
            await self.send_response(reply, send)
        elif reply.status != HUNG_UP:
            await sending.send_whole(reply, send)

    async def _get_response_async(self, request: Any) -> Reply:
        """What stands behind all middlewares: there are none, nor templates that are rendered late."""
        find = _remembered if len(request.path_info) <= SHORT else _resolved
        view, parameters = find(settings.ROOT_URLCONF, request.path_info)
        return await view(request, **parameters)


def _resolved(urlconf: str, path: str) -> tuple[View, Mapping[str, str]]:
    found = get_resolver(urlconf).resolve(path)
    return found.func, found.kwargs


# Clients ask for the same lists, and for a server until it is there: finding the view is a twelfth of such a request.
_remembered = functools.lru_cache(1024)(_resolved)
