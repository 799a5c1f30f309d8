"""``manage.py image-worker``: import images for tenants, and remove content that nobody holds.

Runs where IMAGES_DIR is, which is on APISERVERs; one or more. Stops on SIGTERM or SIGINT. What it did not finish is begun anew
by another, or at the next start.
"""

import asyncio
import faulthandler
import os
import signal
from typing import Any

import uvloop
from django.core.management.base import BaseCommand

from logic.image.working import Worker
from logic.supervision import Supervisor, supervised
from synnefo import logging
from synnefo.management import wiring


class Command(BaseCommand):
    """Runs in the foreground; logs to LOG_DIR or stderr."""

    help = __doc__
    requires_system_checks: tuple[str, ...] = ()

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        logging.set_up("image-worker")
        faulthandler.enable()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())


async def serve() -> None:
    """Until a signal; raises what ended the work."""
    stop, supervisor = asyncio.Event(), Supervisor.of(os.environ)

    def end() -> None:
        supervisor.stopping()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)
    offload = wiring.threads()
    working = asyncio.create_task(Worker(offload, wiring.holder()).run())
    stopping = asyncio.create_task(stop.wait())
    try:
        async with supervised(supervisor, dict):
            done, _ = await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                task.result()
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, return_exceptions=True)
        offload.close()
