"""Simulated processes: a group of tasks that can be killed between any two awaits or SQL statements, as by kill -9.

A killed process runs no ``finally`` that matters: its offload refuses everything from then on, so that nothing it would
still do reaches the database or a backend.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import connection

from logic.bus.memory import MemoryBus, MemoryConsumer

# Statements that open and close a transaction: dying there is dying before or after it.
_BRACKETS = ("BEGIN", "ROLLBACK", "RELEASE", "SAVEPOINT")
P = ParamSpec("P")
T = TypeVar("T")


class Killed(BaseException):
    """The process is gone. Not an ``Exception``: no handler of the product may catch it."""


class Process:
    """``chance`` gives the probability of dying at each await on blocking code and at each SQL statement. Whose time has come is
    asked whether it is ``spared``."""

    def __init__(
        self,
        name: str,
        random_: random.Random,
        chance: Callable[[], float],
        spared: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name, self.dead = name, False
        self._random, self._chance, self._spared = random_, chance, spared
        self._tasks: list[asyncio.Task[Any]] = []
        self._at_death: list[Callable[[], None]] = []

    def start(self, work: Awaitable[Any]) -> asyncio.Task[Any]:
        """``work``, and every task it makes, is this process's."""
        outer = _process.set(self)
        task = asyncio.ensure_future(work)
        _process.reset(outer)
        self._tasks.append(task)
        return task

    @property
    def is_mortal(self) -> bool:
        """May it die at all, as things are?"""
        return self._chance() > 0

    def die(self) -> None:
        """Now."""
        self.dead = True
        for task in self._tasks:
            task.cancel()
        for end in self._at_death:
            end()

    def at_death(self, end: Callable[[], None]) -> None:
        """What others notice of it, before anything else happens."""
        self._at_death.append(end)
        if self.dead:
            end()

    def risk(self) -> None:
        """A point where the process may die. Raises :class:`Killed`."""
        chance = 0.0 if self.dead else self._chance()
        if chance and self._random.random() < chance and not self._spared():
            self.die()
        if self.dead:
            raise Killed(self.name)

    @contextmanager
    def risking_statements(self) -> Iterator[None]:
        """Each SQL statement of the block is a point where the process may die."""

        def statement(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.startswith(_BRACKETS):
                return execute(sql, params, many, context)
            self.risk()
            result = execute(sql, params, many, context)
            self.risk()
            return result

        with connection.execute_wrapper(statement):
            yield


_process: ContextVar[Process | None] = ContextVar("process", default=None)


def current() -> Process | None:
    """The process that runs now; None for the run itself and for the cluster."""
    return _process.get()


class BusOfProcess:
    """``logic.bus.Bus``: whoever dies has no session any more, at once, as a kernel closes sockets. Else a task of its that has
    not been woken since would go on taking messages."""

    def __init__(self, bus: MemoryBus, process: Process) -> None:
        self._bus, self._process = bus, process
        self.publisher, self.close = bus.publisher, bus.close

    async def consumer(self, clusters: list[str], *, prefetch: int = 1000) -> MemoryConsumer:
        consumer = await self._bus.consumer(clusters, prefetch=prefetch)
        self._process.at_death(lambda: consumer.end("its process is gone"))
        return consumer


class SimulatedOffload:
    """``logic.offload.Offload`` of a simulated process: inline, after a moment that the seed decides."""

    def __init__(self, process: Process, random_: random.Random) -> None:
        self._process, self._random = process, random_

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(function, *args, **kwargs)

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._run(function, *args, **kwargs)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self._moment()
        result = function(*args, **kwargs)
        await self._moment()
        return result

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        await self._moment()
        with self._process.risking_statements() if self._process.is_mortal else nullcontext():
            result = function(*args, **kwargs)
        await self._moment()
        return result

    async def _moment(self) -> None:
        self._process.risk()
        await asyncio.sleep(self._random.choice((0.0, 0.0, 0.001, 0.02)))
        self._process.risk()

    def close(self) -> None:
        """Nothing to close."""
