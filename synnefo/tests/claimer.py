"""A dispatcher's workers alone, before a cluster that is a file: ``python -m synnefo.tests.claimer NAME DATABASE FILE``.

``begun`` is written when an order is on its way, ``sent`` when it has arrived, each with the command and who it was. Its parent
stops it between the two now and then.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import django

PRESENCE, ON_THE_WAY = 1.0, 0.1  # seconds


class Cluster:
    """What has arrived is found again, as by the reason trail of a job."""

    def __init__(self, name, file, offload):
        self._name, self._file, self._offload = name, file, offload

    async def get(self, _):
        return self

    async def submit(self, command):
        from logic.backends.base import JobRef

        found = await self.find(command) if command.sending.again else None
        return found or JobRef(await self._offload.call(self._order, command.id))

    async def find(self, command):
        from logic.backends.base import JobRef

        arrived = [line for line in self._lines() if line.startswith("sent")]
        jobs = [number for number, line in enumerate(arrived, 1) if command.id in line]
        return JobRef(jobs[0]) if jobs else None

    def _order(self, command):
        from logic import permits

        self._write(f"begun {command} {self._name}\n")
        time.sleep(ON_THE_WAY)
        permits.check()
        self._write(f"sent {command} {self._name}\n")
        return sum(line.startswith("sent") for line in self._lines())

    def _write(self, line):
        with self._file.open("a") as file:
            file.write(line)

    def _lines(self):
        return self._file.read_text().splitlines()


async def work(name, file):
    """Until killed."""
    from logic.db import with_connection
    from logic.dispatcher.presence import Presence
    from logic.dispatcher.workers import Workers
    from logic.offload import Threads

    offload = Threads(around=with_connection)
    presence = Presence(offload, holder=name, seconds=PRESENCE)
    workers = Workers(offload, Cluster(name, file, offload), presence, lease=60.0, poll=0.05)
    await asyncio.gather(presence.run(), workers.run())


def main():
    django.setup()
    from synnefo.testing.databases import replaced

    name, entry, file = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
    with replaced(entry):
        asyncio.run(work(name, file))


if __name__ == "__main__":
    main()
