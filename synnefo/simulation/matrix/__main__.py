"""``python -m synnefo.simulation.matrix``: play cells, say which do not end as the run without a fault. The last line is one
JSON object."""

import argparse
import json

from synnefo.simulation import starting


def main() -> int:
    """0 when every cell holds."""
    options = _parser().parse_args()
    starting.start("synnefo.simulation.matrix")
    return _play(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.simulation.matrix", description=__doc__)
    parser.add_argument("--operation", action="append", default=[], help="these only")
    parser.add_argument("--failpoint", default="", help="this one only")
    parser.add_argument("--action", default="", help="this one only")
    parser.add_argument("--passings", type=int, default=1, help="a fault at each of the first so many passings")
    parser.add_argument("--every", type=int, default=1, help="one of so many cells")
    parser.add_argument("--first", type=int, default=0, help="and which of them is the first")
    return parser


def _play(options: argparse.Namespace) -> int:
    from synnefo.simulation.matrix.cells import cells  # noqa: PLC0415 - after Django is set up
    from synnefo.simulation.matrix.judging import judged  # noqa: PLC0415
    from synnefo.simulation.matrix.operations import OPERATIONS  # noqa: PLC0415

    verdicts = []
    for operation in options.operation or OPERATIONS:
        wanted = list(cells(operation, options.failpoint, options.action))[options.first :: options.every]
        verdicts += judged(operation, wanted, options.passings)
    wrong = [one for one in verdicts if one.wrong]
    for one in wrong:
        print(f"{one.cell}:", *one.wrong, sep="\n  ")
    latest = max(verdicts, key=lambda one: one.late_s)
    told = {
        "cells": len(verdicts),
        "wrong": len(wrong),
        "latest": str(latest.cell),
        "latest_s": round(latest.late_s, 1),
    }
    print(json.dumps(told))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
