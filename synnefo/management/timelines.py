"""The timeline of a server as ``server-inspect`` shows it: what is told again and again of a job, and is older than what the
row knows, is one line. A job's log alone can be hundreds of those, and what matters would drown.

The journal itself keeps them all.
"""

import datetime
from collections.abc import Sequence

import msgspec

from logic.ledger import queries
from logic.ledger.queries import Line

PROGRESS = "progress"  # of a build, told every few seconds: the newest is what counts
STALE = "stale"  # what the journal says of a fact that came too late to change anything
DEEP = 2000  # lines of the journal that are looked at, the newest


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A line that stands for all of its kind: how many ``times``, and when ``last``."""

    line: Line
    times: int
    last: datetime.datetime


def of_server(id: str, *, limit: int) -> list[Shown]:
    """The newest ``limit`` lines once they are put together, oldest first."""
    return folded(queries.timeline("server", id, limit=max(limit, DEEP)))[-limit:] if limit else []


def folded(lines: Sequence[Line]) -> list[Shown]:
    """The same stale word of one job stands where it was said first; so does the progress of a build, in its newest words."""
    shown: dict[object, Shown] = {}
    for place, line in enumerate(lines):
        key = _kind(line) or place
        before = shown.get(key)
        if before is None:
            shown[key] = Shown(line=line, times=1, last=line.at)
        else:
            said = line if line.what == PROGRESS else before.line
            shown[key] = Shown(line=said, times=before.times + 1, last=line.at)
    return list(shown.values())


def _kind(line: Line) -> tuple[object, ...] | None:
    """What lines have in common of which one stands for all; None for one that stands for itself."""
    if line.what == PROGRESS:
        return (PROGRESS, line.command)
    if line.what == STALE and line.job and not line.changes:
        return (line.job, line.text, line.actor, line.command)
    return None
