"""``python -m synnefo.testing.lab up|down|hold``: a real Ganeti on this machine (``make ganeti-up``, ``make ganeti-down``)."""

import argparse
import sys
from pathlib import Path

from logic import decoding
from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import holding
from synnefo.testing.processes import NotReady

PLACE = ROOT / "var" / "ganeti-lab"


def main() -> int:
    """Exit code 1 with a sentence when it cannot be done."""
    made = argparse.ArgumentParser(prog="python -m synnefo.testing.lab", description=__doc__)
    made.add_argument("--dir", type=Path, default=PLACE, help="where its files are")
    made.add_argument("action", choices=["up", "down", "hold"])
    given = made.parse_args()
    try:
        {"up": _up, "down": holding.down, "hold": holding.hold}[given.action](given.dir.resolve())
    except NotReady as error:
        sys.exit(str(error))
    return 0


def _up(directory: Path) -> None:
    told = decoding.decode(holding.up(directory))
    print(f"Ganeti is ready: {told['endpoint']} user {told['username']}; what else there is to know of it is in")
    print(f"{directory / 'cluster.json'}. The cloud on it: make run BACKEND=ganeti. Its end: make ganeti-down")


if __name__ == "__main__":
    sys.exit(main())
