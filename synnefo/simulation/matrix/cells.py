"""The cells of the matrix: each failpoint with each action and each operation.

With them the weather that a failpoint needs to be passed at all, and the few combinations that ask for something else
than the same state.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from logic.failpoints import ACTIONS, NAMES


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One fault during one operation. Without a failpoint: the run without a fault."""

    operation: str
    failpoint: str = ""
    action: str = ""
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.operation}, {self.failpoint}:{self.action}:{self.nth}" if self.failpoint else self.operation


# What happens beside the operation, so that a failpoint is on its way.
WEATHER: Final[Mapping[str, str]] = {
    "spool.put": "outage",
    "spool.remove": "outage",
    "parked.commit": "parked",
    "strays.commit": "stray",
    "lease.release": "restart",
    "presence.leave": "restart",
    "look.commit": "hook",
}
TWICE_IS_TWO = "asked twice, Nova's API does it twice: two requests are two servers, or two interfaces"
AT_MOST_ONCE = "the fault itself gives the cluster a second reboot, or export, which the claims never do"
# Cells that are not played, and the invariants that a fault breaks by being what it is; each with the reason.
LEFT_OUT: Final[Mapping[tuple[str, str, str], str]] = {
    ("create", "request.commit", "repeat"): TWICE_IS_TWO,
    ("create-having", "request.commit", "repeat"): TWICE_IS_TWO,
    ("plug", "request.commit", "repeat"): TWICE_IS_TWO,
}
BROKEN_BY: Final[Mapping[tuple[str, str, str], tuple[str, str]]] = {
    ("reboot", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
    ("reboot-hard", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
    ("capture", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
    ("snapshot", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
    ("offload", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
    ("shelve-off", "backend.submit", "repeat"): ("I1", AT_MOST_ONCE),
}


def cells(operation: str, failpoint: str = "", action: str = "") -> Iterator[Cell]:
    """All of an operation, or those with these words."""
    for name in [failpoint] if failpoint else NAMES:
        for what in [action] if action else ACTIONS:
            if (operation, name, what) not in LEFT_OUT:
                yield Cell(operation=operation, failpoint=name, action=what)


def weather_of(cell: Cell) -> str:
    """Empty for most."""
    return WEATHER.get(cell.failpoint, "")


def explained(cell: Cell, violation: str) -> bool:
    """Is it the fault itself that the invariant sees?"""
    invariant, _ = BROKEN_BY.get((cell.operation, cell.failpoint, cell.action), ("", ""))
    return bool(invariant) and violation.startswith(f"{invariant}:")
