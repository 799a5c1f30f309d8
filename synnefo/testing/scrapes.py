"""What processes said on ``/metrics`` over time: a small stand-in for Prometheus' store, for tests and the chaos harness.

A series that is missing from its target's newest scrape is over, as with Prometheus; a target that did not answer has none,
and ``up`` 0. Values are read by ``synnefo.testing.promql``.
"""

import urllib.error
import urllib.request
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from logic.listener import SCRAPE_TIMEOUT

Labels = frozenset[tuple[str, str]]
Matches = Callable[[dict[str, str]], bool]
KEPT: Final = 1000  # scrapes of a target
WITHIN: Final = 5.0  # seconds a process has to answer


class Scrape(msgspec.Struct, frozen=True):
    """What one target said at one moment: metric name → labels → value."""

    at: float
    values: dict[str, dict[Labels, float]]


class Scrapes:
    """Everything that was scraped, a target at a time. ``job`` and ``instance`` become labels, as in Prometheus."""

    def __init__(self) -> None:
        self._targets: dict[tuple[str, str], deque[Scrape]] = defaultdict(lambda: deque(maxlen=KEPT))

    def add(self, at: float, job: str, instance: str, text: str | None) -> None:
        """``text`` None: it did not answer. Times of one target go up."""
        own = {"job": job, "instance": instance}
        values: dict[str, dict[Labels, float]] = {"up": {frozenset(own.items()): 0.0 if text is None else 1.0}}
        for family in text_string_to_metric_families(text or ""):
            for sample in family.samples:
                series = values.setdefault(sample.name, {})
                series[frozenset({**sample.labels, **own}.items())] = float(sample.value)
        self._targets[job, instance].append(Scrape(at, values))

    def newest(self, name: str, matches: Matches, at: float) -> dict[Labels, float]:
        """The value of each series at that time."""
        found: dict[Labels, float] = {}
        for scrapes in self._targets.values():
            last = next((one for one in reversed(scrapes) if one.at <= at), None)
            found.update(_matching(last, name, matches) if last else ())
        return found

    def window(self, name: str, matches: Matches, at: float, seconds: float) -> dict[Labels, list[tuple[float, float]]]:
        """Times and values of each series in the seconds up to that time."""
        found: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
        for scrapes in self._targets.values():
            for scrape in scrapes:
                if at - seconds <= scrape.at <= at:
                    for labels, value in _matching(scrape, name, matches):
                        found[labels].append((scrape.at, value))
        return dict(found)


def _matching(scrape: Scrape, name: str, matches: Matches) -> Iterator[tuple[Labels, float]]:
    series = scrape.values.get(name, {})
    return ((labels, value) for labels, value in series.items() if matches(dict(labels)))


def scraped(url: str, *, within: float = WITHIN) -> str | None:
    """What a process says at ``http://…/metrics``; None when it does not answer, which takes ``within`` seconds."""
    try:
        asking = urllib.request.Request(url, headers={SCRAPE_TIMEOUT: f"{within:g}"})
        with urllib.request.urlopen(asking, timeout=within) as answer:
            text: str = answer.read().decode()
            return text
    except (urllib.error.URLError, OSError):
        return None
