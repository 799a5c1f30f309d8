"""Many futures of one past: a world is played up to a moment, and each branch goes on from there in a process of its own.

The simulation has one thread, no sockets and its database in memory, so a fork is a whole copy of it; only the event
daemon's files are on disk, and are put back before each branch.
"""

import asyncio
import gc
import os
import shutil
from pathlib import Path
from typing import NoReturn


class Branching:
    """``folder`` holds the files; ``kept`` is where they are copied to at the moment of branching."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self._folder, self._kept = folder, kept
        self._pipe = -1
        shutil.copytree(folder, kept)
        gc.freeze()  # what is there now is not looked at again by the collector of a branch

    def branch(self) -> bytes | None:
        """None in the branch, which ends with :meth:`finish`; here, what it has told. Raises ``RuntimeError`` when it has
        died instead."""
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept, self._folder)
        reading, writing = os.pipe()
        loop = asyncio.get_running_loop()
        child = os.fork()
        if child == 0:
            os.close(reading)
            self._pipe = writing
            asyncio._set_running_loop(loop)  # noqa: SLF001 - asyncio holds a loop to run in one process only
            return None
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        if os.waitpid(child, 0)[1] or not told:
            raise RuntimeError("a branch has died; what it said is above")
        return told

    def finish(self, told: bytes) -> NoReturn:
        """The branch ends here: no handler of the past runs in it."""
        with os.fdopen(self._pipe, "wb") as pipe:
            pipe.write(told)
        os._exit(0)
