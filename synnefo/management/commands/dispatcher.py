"""``manage.py dispatcher``: take observations off the bus, send commands to the clusters, reconcile. Run two or more.

Stops on SIGTERM or SIGINT, after finishing what is under way, within DRAIN_TIMEOUT. What it did not finish, another
dispatcher or the next start takes over.
"""

import asyncio
import contextlib
import faulthandler
import functools
import gc
import os
import signal
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from logic import failpoints, schema
from logic.configuration import ConfigurationError
from logic.dispatcher.connections import Connections
from logic.dispatcher.policy.retrying import retrying
from logic.dispatcher.service import Dispatcher, Tuning
from logic.listener import Pages, listening
from logic.offload import Offload
from logic.schema import Lacking
from logic.supervision import Supervisor, supervised
from synnefo import logging
from synnefo.management import wiring


class Command(BaseCommand):
    """Runs in the foreground; logs to LOG_DIR or stderr."""

    help = __doc__
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--metrics-port", type=int, default=0, help="/health and /metrics on this port; 0: nowhere")
        address = settings.METRICS_ADDRESS
        parser.add_argument(
            "--metrics-address", default=address, help=f"and on this address ({address}, METRICS_ADDRESS)"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        try:
            logging.set_up("dispatcher")
            faulthandler.enable()  # systemd ends one that hangs with SIGABRT: where it hung is in the journal then
            _arm()
            gc.freeze()  # what is there by now stays: the collector need not walk through it again and again
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve(options["metrics_address"], options["metrics_port"]))
        except (ConfigurationError, Lacking, OSError) as error:
            raise CommandError(str(error)) from error


def _arm() -> None:
    try:
        failpoints.obey(os.environ)
    except ValueError as error:
        raise CommandError(str(error)) from error


async def serve(address: str = "", port: int = 0) -> None:
    """Until a signal; raises what ended a loop. ``/health`` and ``/metrics`` are at the address unless the port is 0."""
    stop, supervisor = asyncio.Event(), Supervisor.of(os.environ)

    def end() -> None:
        supervisor.stopping()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    bus, offload = wiring.bus(), wiring.threads()
    connections = Connections(offload, wiring.adapters(offload))
    dispatcher = Dispatcher(bus=bus, offload=offload, connections=connections, holder=wiring.holder(), tuning=tuning())
    try:
        shown = _shown(address, port, dispatcher.pages) if port else nullcontext()
        async with shown, supervised(supervisor, dispatcher.standing):
            await _has_schema(offload, stop)
            await dispatcher.run(stop)
    finally:
        await bus.close()
        offload.close()


@contextlib.asynccontextmanager
async def _shown(address: str, port: int, pages: Pages) -> AsyncIterator[None]:
    """Raises :class:`CommandError` when it cannot listen there."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(listening(address, port, pages))
        except OSError as error:
            where = f"{address}:{port} (--metrics-address, --metrics-port)"
            why = (
                os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            )  # uvloop's words repeat the address
            raise CommandError(f"Cannot listen at {where}: {why}.") from error
        yield


async def _has_schema(offload: Offload, stop: asyncio.Event) -> None:
    """Before anything is taken off the bus. Waits for a database that is away, until ``stop``. Raises :class:`Lacking`."""
    asking = asyncio.create_task(retrying(functools.partial(offload.read, schema.check), "schema"))
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if asking in done:
            asking.result()
    finally:
        asking.cancel()
        stopping.cancel()


def tuning() -> Tuning:
    return Tuning(
        batch=settings.DISPATCHER_BATCH,
        prefetch=settings.PREFETCH,
        lease=settings.COMMAND_LEASE,
        interval=settings.RECONCILE_INTERVAL,
        glance=settings.GLANCE_INTERVAL,
        parked_every=settings.PARKED_INTERVAL,
        drain=settings.DRAIN_TIMEOUT,
    )
