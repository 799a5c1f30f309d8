"""``python -m synnefo.simulation.planted``: search for the seeds that find the planted bugs, and write them down.

Needed when the workload, the faults or what the ledger asks of its database has changed: every run is another one then.
Without names it tries all patches, from the first seed on; a bug that no seed finds has no line in ``seeds.json``.
"""

import argparse
import json
import tempfile
from pathlib import Path

from logic import clock
from synnefo.simulation.planted import planting


def main() -> int:
    """0 when each of them is found."""
    options = _parser().parse_args()
    wanted = [patch for patch in planting.PATCHES if not options.names or patch.stem in options.names]
    written = planting.seeds()
    for patch in wanted:
        started = clock.monotonic()
        seed = _search(patch, options.most)
        print(f"{patch.stem}: {seed or 'not found'} ({clock.monotonic() - started:.0f} s)", flush=True)
        written = {name: one for name, one in written.items() if name != patch.stem} | (
            {patch.stem: seed} if seed else {}
        )
        planting.SEEDS_FILE.write_text(json.dumps(dict(sorted(written.items())), indent=2) + "\n")
    return 0 if all(patch.stem in written for patch in wanted) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.simulation.planted", description=__doc__)
    parser.add_argument("names", nargs="*", help="patches without .patch; none: all of them")
    parser.add_argument("--most", type=int, default=planting.MOST, help="seeds to try (default %(default)s)")
    return parser


def _search(patch: Path, most: int) -> int | None:
    with tempfile.TemporaryDirectory() as folder:
        planting.copy_tree(Path(folder))
        planting.plant(patch, Path(folder))
        return planting.found(Path(folder), patch, first=1, seeds=most)


if __name__ == "__main__":
    raise SystemExit(main())
