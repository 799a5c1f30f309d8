"""A figure and its peer's, from interleaved runs, as one JSON line."""

import json
import statistics
from collections.abc import Sequence


def line(name: str, unit: str, ours: Sequence[float], peers: Sequence[float], **more: object) -> str:
    """Medians of both and their ratio. ``more`` says what was measured."""
    value, peer = statistics.median(ours), statistics.median(peers)
    told = {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "peer_value": round(peer, 1),
        "ratio": round(value / peer, 3),
        "runs": len(ours),
    }
    return json.dumps(told | more)
