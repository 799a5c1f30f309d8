"""Which alerts of ``contrib/prometheus/alerts.yml`` are up, as Prometheus would say: for tests and the chaos harness.

``Watch`` is given what processes say on ``/metrics``, at whatever pace, and asked at any time which alerts are up. Times are
seconds since 1970, since rules compare them with times that processes tell::

    now, watch = clock.timestamp(), Watch(rules(), haste=20)
    watch.scrape(now, "synnefo-dispatcher", "one", scraped("http://127.0.0.1:9101/metrics"))
    watch.evaluate(now)
    watch.names(firing=True)

No Prometheus runs. A rule that cannot be evaluated here raises, so that none is passed over in silence.
"""

import math
import re
from pathlib import Path
from typing import Any, Final

import msgspec
import promql_parser as promql

from synnefo.testing.promql import Evaluation
from synnefo.testing.scrapes import Labels, Scrapes

RULES: Final = Path(__file__).resolve().parents[2] / "contrib" / "prometheus" / "alerts.yml"
UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One alert, in Prometheus' words."""

    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]
    for_: str = msgspec.field(name="for", default="0s")

    @property
    def patience(self) -> float:
        """Seconds that the expression holds until the alert fires. Raises ``ValueError``."""
        found = re.fullmatch(r"(\d+)([smhd])", self.for_)
        if not found:
            raise ValueError(f"{self.alert}: for: {self.for_}")
        return int(found[1]) * UNITS[found[2]]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules that are evaluated together."""

    name: str
    rules: list[Rule]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: list[Group]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that is up: ``since`` when its expression holds, ``firing`` once it has held long enough."""

    name: str
    labels: dict[str, str]
    since: float
    firing: bool


def rules(path: Path = RULES) -> list[Rule]:
    """All rules of a file. Raises ``msgspec.ValidationError`` for one that is none."""
    return [rule for group in msgspec.yaml.decode(path.read_bytes(), type=_File).groups for rule in group.rules]


class Watch:
    """``haste`` divides every duration of the rules, thresholds stay: 20 makes a rule of five minutes one of 15 s."""

    def __init__(self, watched: list[Rule], *, haste: float = 1.0) -> None:
        self._rules = [(rule, promql.parse(rule.expr)) for rule in watched]
        self._haste = haste
        self._scrapes = Scrapes()
        self._since: dict[tuple[str, Labels], float] = {}
        self._alerts: list[Alert] = []

    def scrape(self, at: float, job: str, instance: str, text: str | None) -> None:
        """What a target said; None when it did not answer."""
        self._scrapes.add(at, job, instance, text)

    def evaluate(self, at: float) -> list[Alert]:
        """What is up at that time; times go up. An alert that is not, begins anew when it comes back."""
        holding = {key: rule for rule, node in self._rules for key in self._holding(rule, node, at)}
        self._since = {key: self._since.get(key, at) for key in holding}
        self._alerts = [
            Alert(
                name=rule.alert,
                labels=dict(key[1]),
                since=self._since[key],
                firing=at - self._since[key] >= rule.patience / self._haste,
            )
            for key, rule in holding.items()
        ]
        return list(self._alerts)

    def _holding(self, rule: Rule, node: Any, at: float) -> list[tuple[str, Labels]]:
        found = Evaluation(self._scrapes, at, self._haste).value(node)
        if not isinstance(found, dict):
            raise TypeError(f"{rule.alert} is a number, not a condition")
        return [(rule.alert, labels) for labels, value in found.items() if not math.isnan(value)]

    def names(self, *, firing: bool = False) -> set[str]:
        """Of the alerts that were up at the last evaluation; with ``firing``, those that have held long enough."""
        return {one.name for one in self._alerts if one.firing or not firing}
