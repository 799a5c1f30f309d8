"""From JSON lines to ``docs/performance.md``: ``python -m synnefo.bench --page < lines > docs/performance.md``.

The words are here and in the docstrings of the programs; the figures, the machine and what was measured come from the lines.
"""

import importlib
from collections.abc import Iterable, Sequence

from synnefo.bench.figures import Figure
from synnefo.bench.goals import GOALS
from synnefo.bench.programs import MACHINE, PROGRAMS

HEAD = """# Performance

Made by `python -m synnefo.bench --page` from the lines of `make bench`; do not edit. Each figure is the median of interleaved
runs beside its peer in the same run: the ratios are what counts, since absolute figures go up and down with the machine and
with what else it does. The goals are for two cores.
"""
BUSY = """
**Other programs kept these cores busy meanwhile**: latencies and rates are far from what the machine can do; only a ratio within
one line says something, and less than on a quiet machine.
"""
COLUMNS = ("figure", "value", "peer", "ratio", "goal", "reached", "measured")
_VERDICT = {True: "yes", False: "**no**", None: ""}
NO_FIGURE = "not measured in this run"


def page(figures: Sequence[Figure]) -> str:
    """The whole page; a figure that is not among the lines is named all the same."""
    parts = [HEAD, *(_machine(figure) for figure in figures if figure.name == MACHINE)]
    for name, program in PROGRAMS.items():
        about = (importlib.import_module(program.module).__doc__ or "").strip()
        parts.append(f"## {name}\n\n{about}\n")
        parts.append(_table(program.figures, figures))
    return "\n".join(parts)


def _machine(figure: Figure) -> str:
    told = [f"{name.replace('_', ' ')}: {value}" for name, value in figure.facts.items()]
    busy = float(figure.facts.get("load_before", 0)) > figure.value
    return f"Measured on {figure.value:g} cores; {', '.join(told)}.\n" + (BUSY if busy else "")


def _table(names: Iterable[str], figures: Sequence[Figure]) -> str:
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    for name in names:
        measured = [figure for figure in figures if figure.name == name]
        lines += [_line(figure) for figure in measured] or [_row([f"`{name}`", NO_FIGURE, *[""] * (len(COLUMNS) - 2)])]
    return "\n".join(lines) + "\n"


def _line(figure: Figure) -> str:
    goal = GOALS.get(figure.name)
    facts = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in figure.facts.items())
    return _row([
        f"`{figure.name}`",
        f"{_shown(figure.value)} {figure.unit}",
        "" if figure.peer_value is None else _shown(figure.peer_value),
        "" if figure.ratio is None else f"**{figure.ratio:g}**",
        goal.text if goal else "",
        _VERDICT[goal.reached(figure)] if goal else "",
        f"{figure.runs} runs: {facts}",
    ])  # fmt: skip


def _shown(value: object) -> str:
    """Thousands apart; booleans as words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) or value < 100 else f"{value:,.0f}"  # noqa: PLR2004
    return str(value)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
