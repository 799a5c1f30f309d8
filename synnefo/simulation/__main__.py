"""``python -m synnefo.simulation``: run seeds, say which fail. The last line is one JSON object."""

import argparse
import json
import time

from synnefo.simulation import starting


def main() -> int:
    """0 when every seed holds."""
    options = _parser().parse_args()
    starting.start("synnefo.simulation")
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    return _run(seeds, trace=options.trace, until_failure=options.until_failure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one only")
    parser.add_argument("--trace", action="store_true", help="print the journal of the run")
    parser.add_argument("--until-failure", action="store_true", help="stop at the first seed that fails")
    return parser


def _run(seeds: "list[int] | range", *, trace: bool, until_failure: bool) -> int:
    from synnefo.simulation.running import simulate  # noqa: PLC0415 - after Django is set up

    failed, events, played = [], 0, 0
    started = time.process_time()
    for seed in seeds:
        report = simulate(seed)
        events, played = events + report.events, played + 1
        if trace:
            _print_journal()
        if report.violations:
            failed.append(seed)
            print(f"seed {seed} failed (make simulate SEED={seed} TRACE=1):", *report.violations, sep="\n  ")
            if until_failure:
                break
        elif trace:
            print(f"seed {seed}: {report.events} events, {report.seconds:.0f} s, trace {report.trace}")
    minutes = (time.process_time() - started) / 60
    pace = round(played / minutes, 1)
    print(json.dumps({"seeds": played, "failed": failed, "events": events, "seeds_per_core_minute": pace}))
    return 1 if failed else 0


def _print_journal() -> None:
    from logic.ledger.models import Journal  # noqa: PLC0415 - after Django is set up

    for line in Journal.objects.order_by("id"):
        print(
            f"{line.at:%M:%S.%f} {line.kind} {line.resource[:8]} {line.what} {line.text} {line.job or ''} {line.changes}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
