"""A figure, with its peer's where there is one, as a JSON line. Made by the programs, read by ``page``."""

import json
import statistics
from collections.abc import Sequence
from typing import Any

import msgspec

from logic import decoding


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` and ``peer_value`` are medians of ``runs`` interleaved runs; ``ratio`` is ours to the peer's. ``facts``
    say what was measured."""

    name: str
    value: float
    unit: str
    peer_value: float | None = None
    ratio: float | None = None
    runs: int
    facts: dict[str, Any] = {}

    @property
    def line(self) -> str:
        """As JSON; the facts stand beside the rest."""
        told = msgspec.structs.asdict(self)
        facts = told.pop("facts")
        return json.dumps(told | facts)

    @classmethod
    def read(cls, line: str) -> "Figure":
        """From a line. Raises :class:`msgspec.MsgspecError`."""
        told = decoding.decode(line, dict[str, Any])
        own = {name: told.pop(name) for name in cls.__struct_fields__ if name in told}
        return decoding.convert(own | {"facts": told}, cls)


def beside(name: str, unit: str, ours: Sequence[float], peers: Sequence[float], **facts: object) -> Figure:
    """Medians of both and their ratio."""
    value, peer = statistics.median(ours), statistics.median(peers)
    ratio = round(value / peer, 3)
    return Figure(
        name=name,
        value=round(value, 1),
        unit=unit,
        peer_value=round(peer, 1),
        ratio=ratio,
        runs=len(ours),
        facts=facts,
    )


def alone(name: str, unit: str, values: Sequence[float], **facts: object) -> Figure:
    """A median that has no peer here."""
    return Figure(name=name, value=round(statistics.median(values), 3), unit=unit, runs=len(values), facts=facts)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed."""
    ranked = sorted(values)
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]
