"""PostgreSQL's NOTIFY brought into this process's nudges: a command committed by an API node wakes the workers here.

NOTIFY is lost when the connection is, and that is no harm: every loop polls as well. With another database there is
nothing to relay: on SQLite the API and the dispatcher share a process, on MariaDB the poll (``Tuning.poll``, half a second)
finds what is due.
"""

import asyncio

import psycopg
import structlog
from django.db import connection

from logic import clock
from logic.ledger import nudges
from logic.offload import Offload

log = structlog.get_logger(__name__)
CHANNELS = ("commands", "looks")
PAUSE = 2.0
DJANGO_S = frozenset({"cursor_factory", "context", "prepare_threshold"})  # the rest is libpq's


async def relay_notifications(offload: Offload) -> None:
    """Until cancelled."""
    if connection.vendor != "postgresql":
        await asyncio.Event().wait()
    parameters = await offload.read(_parameters)
    while True:
        try:
            await _listen(parameters)
        except psycopg.Error as error:  # of a standby too, which takes no LISTEN
            log.warning("notify.lost", error=type(error).__name__)
            await asyncio.sleep(clock.jitter(PAUSE / 2, PAUSE))


def _parameters() -> dict[str, object]:
    """As everybody else connects: with the same certificates, and the same patience for a machine that is gone."""
    return {name: value for name, value in connection.get_connection_params().items() if name not in DJANGO_S}


async def _listen(parameters: dict[str, object]) -> None:
    listening = await psycopg.AsyncConnection.connect(autocommit=True, **parameters)  # type: ignore[arg-type]
    async with listening:
        for channel in CHANNELS:
            await listening.execute(f"LISTEN synnefo_{channel}".encode())
        for channel in CHANNELS:
            nudges.nudge(channel)  # what was committed before we listened
        async for notice in listening.notifies():
            nudges.nudge(notice.channel.removeprefix("synnefo_"))
