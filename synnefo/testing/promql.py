"""Evaluates the PromQL that our alert rules use, over :class:`synnefo.testing.scrapes.Scrapes`.

The syntax is promql-parser's affair, which knows all of it; what is evaluated here is the part in :data:`FUNCTIONS`,
:data:`AGGREGATES` and the operators. ``increase`` and ``rate`` add up what happened between the scrapes of the window, and
do not extrapolate to its ends as Prometheus does. Anything else raises :class:`NotEvaluated`, so that no rule is passed over.
"""

import itertools
import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import promql_parser as promql

from synnefo.testing.scrapes import Labels, Matches, Scrapes

Vector = dict[Labels, float]
Value = float | Vector
Points = Sequence[tuple[float, float]]


class NotEvaluated(Exception):  # noqa: N818 - what we did not do
    """A part of PromQL that no rule of ours has needed yet."""


class Evaluation:
    """One expression at one time. ``haste`` divides the windows: in a run of minutes, rules of hours."""

    def __init__(self, scrapes: Scrapes, at: float, haste: float = 1.0) -> None:
        self._scrapes, self._at, self._haste = scrapes, at, haste

    def value(self, node: Any) -> Value:
        """Of a node of promql-parser's tree. Raises :class:`NotEvaluated`."""
        evaluate = self._KINDS.get(type(node))
        if evaluate is None:
            raise NotEvaluated(type(node).__name__)
        value: Value = evaluate(self, node)
        return value

    def _number(self, node: Any) -> Value:
        return float(node.val)

    def _inner(self, node: Any) -> Value:
        return self.value(node.expr)

    def _selected(self, node: Any) -> Value:
        return self._scrapes.newest(node.name or "", _matches(node), self._at)

    def _call(self, node: Any) -> Value:
        name = node.func.name
        if name == "time":
            return self._at
        if name == "abs":
            return _each(self.value(node.args[0]), abs)
        over = OVER_TIME.get(name)
        if over is None or not isinstance(node.args[0], promql.MatrixSelector):
            raise NotEvaluated(name)
        selector = node.args[0].vector_selector
        seconds = node.args[0].range.total_seconds() / self._haste
        windows = self._scrapes.window(selector.name or "", _matches(selector), self._at, seconds)
        return {labels: value for labels, points in windows.items() if (value := over(points)) is not None}

    def _aggregate(self, node: Any) -> Value:
        add = AGGREGATES.get(str(node.op))
        if add is None:
            raise NotEvaluated(str(node.op))
        groups: dict[Labels, list[float]] = {}
        for labels, value in _vector(self.value(node.expr)).items():
            groups.setdefault(_grouped(labels, node.modifier), []).append(value)
        return {labels: add(values) for labels, values in groups.items()}

    def _binary(self, node: Any) -> Value:
        name, left, right = str(node.op), self.value(node.lhs), self.value(node.rhs)
        if name in SETS:
            return SETS[name](_vector(left), _vector(right))
        if node.modifier is not None or name not in {**ARITHMETIC, **COMPARISONS}:
            raise NotEvaluated(node.prettify())
        if name in ARITHMETIC:
            return _paired(left, right, ARITHMETIC[name])
        return _compared(left, right, COMPARISONS[name])

    _KINDS: Final[dict[type, Callable[["Evaluation", Any], Value]]] = {
        promql.NumberLiteral: _number,
        promql.ParenExpr: _inner,
        promql.VectorSelector: _selected,
        promql.Call: _call,
        promql.AggregateExpr: _aggregate,
        promql.BinaryExpr: _binary,
    }


def _increase(points: Points) -> float | None:
    """A counter that went down was begun anew."""
    if len(points) < 2:  # noqa: PLR2004 - a difference needs two
        return None
    values = [value for _, value in points]
    return sum(after - before if after >= before else after for before, after in itertools.pairwise(values))


def _rate(points: Points) -> float | None:
    grown = _increase(points)
    return None if grown is None else grown / (points[-1][0] - points[0][0])


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


OVER_TIME: Final[dict[str, Callable[[Points], float | None]]] = {
    "increase": _increase,
    "rate": _rate,
    "max_over_time": lambda points: max(value for _, value in points),
    "min_over_time": lambda points: min(value for _, value in points),
}
AGGREGATES: Final[dict[str, Callable[[list[float]], float]]] = {"sum": sum, "max": max, "min": min, "count": len}
ARITHMETIC: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divided}
COMPARISONS: Final = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
SETS: Final[dict[str, Callable[[Vector, Vector], Vector]]] = {
    "or": lambda left, right: {**right, **left},
    "and": lambda left, right: {labels: value for labels, value in left.items() if labels in right},
    "unless": lambda left, right: {labels: value for labels, value in left.items() if labels not in right},
}


def _matches(selector: Any) -> Matches:
    if selector.offset or selector.at or selector.matchers.or_matchers:
        raise NotEvaluated(selector.prettify())
    wanted = [(one.name, _match(str(one.op).split(".")[-1], one.value)) for one in selector.matchers.matchers]
    return lambda labels: all(match(labels.get(name, "")) for name, match in wanted)


def _match(how: str, wanted: str) -> Callable[[str], bool]:
    found: dict[str, Callable[[str], bool]] = {
        "Equal": lambda value: value == wanted,
        "NotEqual": lambda value: value != wanted,
        "Re": lambda value: re.fullmatch(wanted, value) is not None,
        "NotRe": lambda value: re.fullmatch(wanted, value) is None,
    }
    return found[how]


def _grouped(labels: Labels, modifier: Any) -> Labels:
    if modifier is None:
        return frozenset()
    if modifier.type != promql.AggModifierType.By:
        raise NotEvaluated("without")
    return frozenset(pair for pair in labels if pair[0] in modifier.labels)


def _vector(value: Value) -> Vector:
    if isinstance(value, dict):
        return value
    raise NotEvaluated("a number where a vector is needed")


def _each(value: Value, change: Callable[[float], float]) -> Value:
    return {labels: change(one) for labels, one in value.items()} if isinstance(value, dict) else change(value)


def _paired(left: Value, right: Value, combine: Callable[[float, float], float]) -> Value:
    """Series meet when all their labels are equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        return {labels: combine(value, right[labels]) for labels, value in left.items() if labels in right}
    if isinstance(left, dict):
        return _each(left, lambda value: combine(value, right))  # type: ignore[arg-type]
    return _each(right, lambda value: combine(left, value))


def _compared(left: Value, right: Value, holds: Callable[[float, float], bool]) -> Value:
    """The series on the left for which it holds, as they are."""
    truth = _paired(left, right, lambda one, other: float(holds(one, other)))
    kept = left if isinstance(left, dict) else right
    return {labels: value for labels, value in _vector(kept).items() if _vector(truth).get(labels)}
