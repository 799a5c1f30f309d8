"""The hook of a branch: it lets the fault of one cell happen, to the simulated process that passes the failpoint."""

from collections import Counter

from logic.failpoints import Fault
from synnefo.simulation.matrix.cells import Cell
from synnefo.simulation.processes import Killed, current


class Hook:
    """``logic.failpoints.Hook``. A process that was killed passes nothing any more."""

    def __init__(self) -> None:
        self._cell: Cell | None = None
        self.passed: Counter[str] = Counter()
        self.met = False

    @property
    def is_armed(self) -> bool:
        return self._cell is not None

    def arm(self, cell: Cell) -> None:
        """From now on passings count."""
        self._cell = cell

    def at(self, name: str) -> Fault:
        process = current()
        if process and process.dead:
            raise Killed(process.name)
        if self._cell is None:
            return Fault(name, "", _kill)
        self.passed[name] += 1
        if (name, self.passed[name]) != (self._cell.failpoint, self._cell.nth):
            return Fault(name, "", _kill)
        self.met = True
        return Fault(name, self._cell.action, _kill)


def _kill() -> None:
    process = current()
    assert process, "only processes pass failpoints"
    process.die()
    raise Killed(process.name)
