"""A fresh database for each run: SQLite in memory, copied from one that was migrated and furnished once.

Once a process; or once for all those in whose environment ``SIMULATION_DATABASE`` names the same file, which is made by the
first of them. Their code may differ, their tables may not: so tests start dozens of simulations.
"""

import inspect
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils.asyncio import async_unsafe

from logic import clock
from synnefo.simulation.loop import VirtualLoop
from synnefo.simulation.source import SeededSource

IMAGE = "aaaaaaaa-0000-4000-8000-000000000001"
NETWORK = "bbbbbbbb-0000-4000-8000-000000000001"
KEPT = "SIMULATION_DATABASE"
_template: bytes = b""


def use_memory() -> None:
    """Before the first query: the default database is in memory from now on, and may be asked from the one thread there
    is, which also runs the loop."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    _unguard()
    connections._connections = SimpleNamespace()  # type: ignore[attr-defined]  # noqa: SLF001 - one for all tasks
    settings = connections.settings["default"]
    settings.update(ENGINE="django.db.backends.sqlite3", NAME=":memory:", OPTIONS={"transaction_mode": "IMMEDIATE"})


def _unguard() -> None:
    """Django refuses to ask a database from a loop's thread; here there is no other, and asking itself whether it may costs
    more than SQLite's answer."""
    guard = inspect.getsourcefile(async_unsafe)
    for kind in (BaseDatabaseWrapper, DatabaseWrapper):
        for name, method in list(vars(kind).items()):
            if getattr(getattr(method, "__code__", None), "co_filename", "") == guard:
                setattr(kind, name, method.__wrapped__)


def fresh() -> None:
    """The furnished, otherwise empty database."""
    global _template  # noqa: PLW0603 - read or made once a process
    if not _template:
        _template = _kept() if KEPT in os.environ else _made()
    _raw().deserialize(_template)


def _kept() -> bytes:
    path = Path(os.environ[KEPT])
    if not path.exists():
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_bytes(_made())
        beside.rename(path)
    return path.read_bytes()


def _made() -> bytes:
    with clock.replaced(SeededSource(0, VirtualLoop())):  # the run's own chance is not touched
        call_command("migrate", verbosity=0)
        _furnish()
    return _raw().serialize()


def _raw() -> sqlite3.Connection:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    return raw


def _furnish() -> None:
    from logic.compute.models import Flavor  # noqa: PLC0415 - after the database is chosen
    from logic.image.models import Image  # noqa: PLC0415
    from logic.network.models import Network, Subnet  # noqa: PLC0415

    for id, vcpus, ram, disk in (("1", 1, 512, 1), ("2", 2, 1024, 2), ("3", 1, 768, 2)):
        Flavor.objects.create(id=id, name=f"flavor{id}", vcpus=vcpus, ram=ram, disk=disk)
    Image.objects.create(id=IMAGE, name="image", status="active", visibility="public", disk_format="raw")
    network = Network.objects.create(id=NETWORK, name="net", shared=True, is_default=True)
    Subnet.objects.create(network=network, cidr="10.0.0.0/24", gateway="10.0.0.1", pools=[["10.0.0.2", "10.0.0.254"]])
