"""Where WebSockets of the API process arrive: uvicorn gives this class every connection that asks to become one, and it is a
connection's protocol from then on, with nothing of ASGI between the viewer and the server (docs/decisions/0019).

No Django here: uvicorn imports this before the application. The process's gate is made of the settings at the first request,
unless who runs the cloud in one process has installed another.
"""

import asyncio
from typing import Any

from synnefo.console.opening import tune
from synnefo.console.websocket import Asked, WebSocket


def _by_the_settings() -> Asked:
    from synnefo.console.making import gate  # noqa: PLC0415 - Django is there by now

    return gate().asked


_asked: Asked | None = None


def install(asked: Asked | None) -> None:
    """Who answers requests from now on; None: a gate by the settings, made at the next request."""
    global _asked  # noqa: PLW0603 - one process has one gate
    _asked = asked


def answering() -> Asked:
    global _asked  # noqa: PLW0603
    if _asked is None:
        _asked = _by_the_settings()
    return _asked


class Endpoint(WebSocket):
    """``server_state.connections`` are those that uvicorn ends before it ends itself."""

    def __init__(self, config: Any, server_state: Any, app_state: Any = None) -> None:  # noqa: ARG002 - uvicorn's
        super().__init__(answering())
        self._connections: set[Any] = server_state.connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        tune(transport)
        self._connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)
