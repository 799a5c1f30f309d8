"""``python -m synnefo.simulation``: run seeds, say which fail. The last line is one JSON object."""

import argparse
import functools
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from synnefo.simulation import starting

if TYPE_CHECKING:
    from synnefo.simulation.reporting import Report


def main() -> int:
    """0 when every seed holds."""
    options = _parser().parse_args()
    starting.start("synnefo.simulation")
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    return _run(seeds, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--trace", action="store_true", help="print the journal of the run")
    parser.add_argument(
        "--store", choices=["sqlite", "memory"], default="sqlite", help="the whole cloud, or the fold alone"
    )
    parser.add_argument("--networks", action="store_true", help="the tenants' network is made on the cluster")
    parser.add_argument("--until-failure", action="store_true", help="stop at the first seed that fails")
    return parser


def _run(seeds: "list[int] | range", options: argparse.Namespace) -> int:
    simulate = _mode(options.store, networks=options.networks)
    failed, events, played = [], 0, 0
    started = time.process_time()
    for seed in seeds:
        report = simulate(seed)
        events, played = events + report.events, played + 1
        if options.trace:
            _print_journal(report)
        if report.violations:
            failed.append(seed)
            again = f"make simulate SEED={seed} STORE={options.store} TRACE=1"
            print(f"seed {seed} failed ({again}):", *report.violations, sep="\n  ")
            if options.until_failure:
                break
        elif options.trace:
            print(f"seed {seed}: {report.events} events, {report.seconds:.0f} s, trace {report.trace}")
    minutes = (time.process_time() - started) / 60
    paces = {"seeds_per_core_minute": played, "of_200_events_per_core_minute": events / 200}
    told = {name: round(count / minutes, 1) for name, count in paces.items()}
    print(json.dumps({"seeds": played, "failed": failed, "events": events, **told}))
    return 1 if failed else 0


def _mode(store: str, *, networks: bool) -> "Callable[[int], Report]":
    """What plays a seed; imported after Django is set up."""
    if store == "memory":
        from synnefo.simulation.folded.playing import simulate  # noqa: PLC0415

        return simulate
    from synnefo.simulation.running import simulate as whole  # noqa: PLC0415

    return functools.partial(whole, networks=networks)


def _print_journal(report: "Report") -> None:
    for line in report.tables.lines():
        print(
            f"{line.at:%M:%S.%f} {line.kind} {line.resource[:8]} {line.what} {line.text} {line.job or ''} {line.changes}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
