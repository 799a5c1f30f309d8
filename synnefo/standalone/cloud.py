"""The whole cloud in one process and one event loop: starts its parts in order, runs them, stops them in order.

Called by ``manage.py standalone``. A part that fails ends the process: what is committed is all there at the next start.
"""

import asyncio
import contextlib
import functools
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn
from django.conf import settings

from logic import clock
from logic.bus.memory import MemoryBus
from logic.bus.topology import prefix_of
from logic.db import with_connection
from logic.dispatcher.connections import Connections
from logic.dispatcher.service import Dispatcher, Tuning
from logic.image.working import Worker
from logic.offload import Threads
from synnefo import health
from synnefo.api.kernel import bodies
from synnefo.api.kernel import running as kernel
from synnefo.console import endpoint, logs
from synnefo.console.gate import Gate
from synnefo.console.logs import Logs
from synnefo.console.making import bounds
from synnefo.standalone.cluster import Cluster, Opening

log = structlog.get_logger(__name__)
DRAIN = 6.0  # seconds for the API and the dispatcher to finish, each; the whole stop stays under ten


class Place(msgspec.Struct, frozen=True):
    """Where it listens (bound sockets), and where its state is."""

    sockets: Sequence[socket.socket]
    var: Path


class Cloud:
    """``cluster`` opens its Ganeti; ``ready`` is awaited once everything answers."""

    def __init__(self, place: Place, cluster: Opening, ready: Callable[[Threads], Coroutine[Any, Any, None]]) -> None:
        self._place, self._opened, self._ready = place, cluster, ready
        self._stop = asyncio.Event()
        self._offload = Threads(readers=settings.READERS, writers=1, callers=settings.CALLERS, around=with_connection)
        self._bus = MemoryBus(prefix_of(settings.BACKEND_PREFIX_ID))

    async def run(self) -> None:
        """Until SIGINT or SIGTERM. Raises what ended a part."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        kernel.install(self._offload)
        with self._opened() as cluster:
            await self._offload.write(cluster.register)
            await self._parts(cluster)
        self._offload.close()

    async def _parts(self, cluster: Cluster) -> None:
        prefix = settings.BACKEND_PREFIX_ID
        await self._bind(cluster.name)
        world = [asyncio.create_task(part) for part in cluster.parts(self._offload, self._bus, prefix)]
        stopping = asyncio.Event()
        dispatcher = self._dispatcher(cluster, prefix)
        dispatching = asyncio.create_task(dispatcher.run(stopping))
        importing = asyncio.create_task(Worker(self._offload, f"standalone:{clock.new_uuid()}").run())
        health.before_metrics.append(dispatcher.refresh)
        self._show(cluster, prefix)
        server = self._server()
        serving = asyncio.create_task(server.serve(sockets=list(self._place.sockets)))
        announcing = asyncio.create_task(self._announce(server))
        try:
            await self._until_over([*world, dispatching, importing, serving, announcing])
        finally:
            server.should_exit = True
            bodies.stop()
            stopping.set()
            await asyncio.wait([serving, dispatching], timeout=DRAIN)
            await _end([*world, dispatching, importing, serving, announcing])

    async def _bind(self, cluster: str) -> None:
        """The queue first: what the event daemon tells before the dispatcher listens waits there."""
        consumer = await self._bus.consumer([cluster])
        await consumer.close()

    def _dispatcher(self, cluster: Cluster, prefix: str) -> Dispatcher:
        tuning = Tuning(
            batch=settings.DISPATCHER_BATCH,
            prefetch=settings.PREFETCH,
            lease=settings.COMMAND_LEASE,
            interval=settings.RECONCILE_INTERVAL,
            glance=settings.GLANCE_INTERVAL,
            parked_every=settings.PARKED_INTERVAL,
            drain=DRAIN / 2,
        )
        connections = self._connections(cluster, prefix)
        holder = f"standalone:{clock.new_uuid()}"
        return Dispatcher(bus=self._bus, offload=self._offload, connections=connections, holder=holder, tuning=tuning)

    def _connections(self, cluster: Cluster, prefix: str) -> Connections:
        return Connections(self._offload, functools.partial(cluster.build, self._offload, prefix))

    def _show(self, cluster: Cluster, prefix: str) -> None:
        """Consoles lead to the screens of its guests, and logs of them to what these said."""
        find = self._connections(cluster, prefix).get
        endpoint.install(Gate(self._offload, cluster.reaching(find), bounds()).asked)
        logs.install(Logs(find))

    def _server(self) -> uvicorn.Server:
        config = uvicorn.Config(
            "synnefo.asgi:application",
            ws=endpoint.Endpoint,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=int(DRAIN) - 1,
        )
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]  # the cloud has them
        return server

    async def _announce(self, server: uvicorn.Server) -> None:
        while not server.started:  # noqa: ASYNC110 - uvicorn rings no bell
            await asyncio.sleep(0.02)
        await self._ready(self._offload)

    async def _until_over(self, parts: list[asyncio.Task[Any]]) -> None:
        """Until asked to stop, or a part has failed. Announcing may end; nothing else may."""
        stop = asyncio.create_task(self._stop.wait())
        waiting: set[asyncio.Task[Any]] = {stop, *parts}
        while not stop.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
                if task is not parts[-1]:
                    return


async def _end(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            log.error("part.failed", exc_info=outcome)
