"""Is a cell right? Its branch against the branch of the same operation, in the same weather, without the fault."""

from collections.abc import Sequence

import msgspec

from synnefo.simulation.matrix.cells import Cell, weather_of
from synnefo.simulation.matrix.outcomes import differences
from synnefo.simulation.matrix.playing import Played, play


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """``wrong`` are sentences; none when the cell holds. ``late_s`` is how much later than without the fault all was
    settled."""

    cell: Cell
    wrong: list[str]
    late_s: float


def judged(operation: str, cells: Sequence[Cell], passings: int) -> list[Verdict]:
    """Play them, and the same without faults; one verdict each, those without faults first."""
    run = play(operation, cells, passings)
    calm = [
        Verdict(cell=Cell(operation=operation, failpoint=weather), wrong=played.violations, late_s=0.0)
        for weather, played in run.faultless.items()
    ]
    return calm + [_verdict(cell, played, run.faultless[weather_of(cell)]) for cell, played in run.played.items()]


def _verdict(cell: Cell, played: Played, expected: Played) -> Verdict:
    wrong = [*differences(expected.outcome, played.outcome), *played.violations]
    if not played.met:
        wrong.append("the failpoint was not passed")
    return Verdict(cell=cell, wrong=wrong, late_s=played.settled_s - expected.settled_s)
