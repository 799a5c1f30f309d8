"""A cluster in a directory: made at the first start, found again at the next.

The directory is what ``/var/lib/ganeti`` is to a real one (``config.data``, ``queue/``), and holds ``cluster.db`` and a
lock. Called by the command line and by the embedded cloud.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganeti.simulator.chance import Chance
from ganeti.simulator.cluster import Cluster
from ganeti.simulator.faults import Faults, Rates
from ganeti.simulator.files import DataDirectory
from ganeti.simulator.settings import Settings
from ganeti.simulator.store import SqliteStore
from logic import clock


class DirectoryInUse(Exception):  # noqa: N818 - the sentence says it
    """Another simulator works in the directory."""


@contextmanager
def opened(
    directory: Path, settings: Settings, *, seed: int | str | None = None, rates: Rates | None = None
) -> Iterator[Cluster]:
    """The cluster of a directory, which is made. Without a ``seed`` every run is another.

    Raises :class:`DirectoryInUse`; ``ValueError`` when the directory is another version's; ``OSError``.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    chosen = clock.new_uuid().hex if seed is None else seed
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DirectoryInUse(f"{directory} is in use by another simulator.") from error
        store = SqliteStore(directory / "cluster.db")
        try:
            yield Cluster(
                settings,
                seed=chosen,
                store=store,
                files=DataDirectory(directory),
                now=clock.timestamp(),
                faults=Faults(Chance(f"faults {chosen}"), rates or Rates()),
            )
        finally:
            store.close()
