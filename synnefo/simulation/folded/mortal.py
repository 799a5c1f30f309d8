"""The store in memory where processes die: at any write, with a transaction open; and who they are."""

import random
from collections.abc import Callable

from logic.ledger.store.memory import Memory
from synnefo.simulation.folded.calendar import Calendar, Call
from synnefo.simulation.processes import Killed


class Mortal(Memory):
    """Each write is a point where the program whose turn it is may die. ``told`` hears of every nudge that is committed."""

    def __init__(self) -> None:
        super().__init__()
        self.turn: Program | None = None
        self.told: Callable[[str], None] = lambda _: None

    def _can_undo(self, step: Callable[[], None]) -> None:
        super()._can_undo(step)
        if self.turn:
            self.turn.risk()

    def refresh(self, last_job: int) -> None:
        """What every cluster says of itself."""
        for row in self.backends.values():
            self._set(row, {"last_job": max(row.last_job, last_job)})

    def notify(self, channel: str) -> None:
        self.on_commit(lambda: self.told(channel))


class Program:
    """A process: what it does it does in turns, and at any point of one it may be gone. ``chance`` is that of dying there."""

    def __init__(self, calendar: Calendar, store: Mortal, random_: random.Random, chance: Callable[[], float]) -> None:
        self.dead = False
        self.calendar, self.store, self.random = calendar, store, random_
        self.died: Call = lambda: None
        self._chance = chance

    def soon(self, call: Call, most: float = 0.02) -> None:
        """In a moment, in a turn of its own; never when it has died."""
        self.calendar.after(self.random.choice((0.0, 0.001, most)), lambda: self.take_turn(call))

    def every(self, seconds: float, call: Call) -> None:
        """Again and again while it lives."""

        def turn() -> None:
            self.take_turn(call)
            if not self.dead:
                self.calendar.after(seconds, turn)

        turn()

    def take_turn(self, call: Call) -> None:
        """Do it, unless it has died; it may die of it."""
        if self.dead:
            return
        before, self.store.turn = self.store.turn, self
        try:
            self.risk()
            call()
            self.risk()
        except Killed:
            self.die()
        finally:
            self.store.turn = before

    def risk(self) -> None:
        """Raises :class:`Killed`."""
        chance = self._chance()
        if chance and self.random.random() < chance:
            raise Killed

    def die(self) -> None:
        """As by kill -9: nothing it had in hand is put away. ``died`` hears of it."""
        self.dead = True
        self.died()
