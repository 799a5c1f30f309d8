"""PostgreSQL and RabbitMQ killed and started again, out of room, and as their operators may treat them."""

import os
import shutil
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from synnefo.chaos.kinds.base import Scene, lasting


async def kill_broker(scene: Scene) -> None:
    rabbit, call = scene.cloud.rabbit, scene.cloud.offload.call
    await call(rabbit.kill)
    await call(rabbit.start)


async def kill_database(scene: Scene) -> None:
    postgres, call = scene.cloud.postgres, scene.cloud.offload.call
    await call(postgres.kill)
    await lasting(scene, 1.5, 3)  # long enough for somebody to see it
    await call(postgres.start)


async def close_connections(scene: Scene) -> None:
    """The broker closes every connection, as its operator may."""
    await scene.cloud.offload.call(scene.cloud.rabbit.ctl, "close_all_connections", "chaos")


async def alarm_broker(scene: Scene) -> None:
    """The broker thinks that its disk is full: whoever publishes is held back, for longer than a publish may take."""
    ctl, call = scene.cloud.rabbit.ctl, scene.cloud.offload.call
    await call(ctl, "set_disk_free_limit", "1000000GB")
    try:
        await lasting(scene, 15, 18)
    finally:
        await call(ctl, "set_disk_free_limit", "50MB")


async def end_sessions(scene: Scene) -> None:
    """Half of the database's sessions are ended, wherever they are."""
    await scene.cloud.offload.write(_execute, END_SESSIONS)


async def lock_servers(scene: Scene) -> None:
    """Somebody holds a lock on the table that everything needs."""
    await scene.cloud.offload.write(_hold, LOCK_SERVERS, scene.dice.uniform(3, 6))


async def fill_disk(scene: Scene) -> None:
    """The database's disk is full. It may die of it; then it is started again once there is room."""
    postgres, call = scene.cloud.postgres, scene.cloud.offload.call
    filler = scene.cloud.disk / "filler"
    await call(_fill, filler)
    try:
        await lasting(scene, 4, 8)
    finally:
        filler.unlink()
    await call(postgres.ensure)


END_SESSIONS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5"
)
PAGE: Final = 4096
LOCK_SERVERS: Final = "LOCK TABLE compute_server IN ACCESS EXCLUSIVE MODE"


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _hold(statement: str, seconds: float) -> None:
    with transaction.atomic():
        _execute(statement)
        _execute(f"SELECT pg_sleep({seconds:.3f})")


def _fill(path: Path) -> None:
    """Take all the room there is, though others take some meanwhile."""
    size, step = 0, shutil.disk_usage(path.parent).free
    with path.open("wb") as file:
        while step >= PAGE:
            try:
                os.posix_fallocate(file.fileno(), size, step)
                size += step
            except OSError:
                step //= 2
