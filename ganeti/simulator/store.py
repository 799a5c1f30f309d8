"""Where a cluster's state survives: a SQLite file, or memory for the simulation.

``Cluster`` calls ``save`` once per request or advance, before anything is answered or shown: what a client was told is
there after a kill. A commit in WAL mode survives the death of the process; it is not synced to the disk each time, so
pulling the machine's plug may lose the last moments, as it may with a small lab.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from ganeti.simulator.model import Identity, Instance, Job, Network
from logic import decoding

T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS identity (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS instance (uuid TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS network (uuid TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, archived INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS job_live ON job (archived, id);
"""
_VERSION = 1


class Changes(msgspec.Struct, kw_only=True):
    """What one request or advance has changed. ``wiped`` empties the store first (the cluster was made anew)."""

    identity: Identity | None = None
    instances: dict[str, Instance] = {}
    instances_gone: set[str] = set()
    networks: dict[str, Network] = {}
    networks_gone: set[str] = set()
    jobs: dict[int, Job] = {}
    archived: dict[int, Job] = {}
    wiped: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, field) for field in self.__struct_fields__)


class Loaded(msgspec.Struct, kw_only=True):
    """What a store held: ``jobs`` without the archived ones."""

    identity: Identity | None = None
    instances: list[Instance] = []
    networks: list[Network] = []
    jobs: list[Job] = []


class Store(Protocol):
    """Keeps a cluster's state."""

    def load(self) -> Loaded: ...

    def save(self, changes: Changes) -> None:
        """All of it or nothing, and for good when it returns."""

    def archived(self, job: int) -> Job | None:
        """An archived job; the cluster does not keep those in memory."""

    def close(self) -> None: ...


class MemoryStore:
    """Nothing survives but archived jobs, which the cluster asks back."""

    def __init__(self) -> None:
        self._archived: dict[int, Job] = {}

    def load(self) -> Loaded:
        return Loaded()

    def save(self, changes: Changes) -> None:
        if changes.wiped:
            self._archived.clear()
        self._archived.update(changes.archived)

    def archived(self, job: int) -> Job | None:
        return self._archived.get(job)

    def close(self) -> None:
        """Nothing to close."""


class SqliteStore:
    """One file. Raises ``ValueError`` when it was written by another version of the simulator."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            self._connection.close()
            raise ValueError(f"{path} was written by another version of the simulator ({version}); move it away.")
        self._connection.executescript(_TABLES)
        self._connection.execute(f"PRAGMA user_version={_VERSION}")

    def load(self) -> Loaded:
        read = self._connection.execute
        identity = read("SELECT body FROM identity").fetchone()
        return Loaded(
            identity=_decoded(identity[0], Identity) if identity else None,
            instances=[_decoded(body, Instance) for (body,) in read("SELECT body FROM instance ORDER BY rowid")],
            networks=[_decoded(body, Network) for (body,) in read("SELECT body FROM network ORDER BY rowid")],
            jobs=[_decoded(body, Job) for (body,) in read("SELECT body FROM job WHERE archived = 0 ORDER BY id")],
        )

    def save(self, changes: Changes) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._write(changes)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def archived(self, job: int) -> Job | None:
        row = self._connection.execute("SELECT body FROM job WHERE id = ?", (job,)).fetchone()
        return _decoded(row[0], Job) if row else None

    def close(self) -> None:
        self._connection.close()

    def _write(self, changes: Changes) -> None:
        if changes.wiped:
            for table in ("identity", "instance", "network", "job"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own four names
        if changes.identity:
            self._put("INSERT OR REPLACE INTO identity VALUES (1, ?)", [(_encoded(changes.identity),)])
        self._put("DELETE FROM instance WHERE uuid = ?", [(uuid,) for uuid in changes.instances_gone])
        self._put("DELETE FROM network WHERE uuid = ?", [(uuid,) for uuid in changes.networks_gone])
        upsert = "VALUES (?, ?) ON CONFLICT (uuid) DO UPDATE SET body = excluded.body"
        self._put(f"INSERT INTO instance {upsert}", _bodies(changes.instances))
        self._put(f"INSERT INTO network {upsert}", _bodies(changes.networks))
        jobs = "INSERT OR REPLACE INTO job VALUES (?, ?, ?)"
        self._put(jobs, [(id, 0, _encoded(job)) for id, job in changes.jobs.items()])
        self._put(jobs, [(id, 1, _encoded(job)) for id, job in changes.archived.items()])

    def _put(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._connection.executemany(statement, rows)


def _bodies(records: dict[str, Instance] | dict[str, Network]) -> list[tuple[object, ...]]:
    return [(uuid, _encoded(record)) for uuid, record in records.items()]


def _encoded(record: msgspec.Struct) -> bytes:
    return msgspec.json.encode(record)


def _decoded(body: bytes, kind: type[T]) -> T:
    return decoding.decode(body, kind)
