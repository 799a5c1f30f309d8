"""``python -m synnefo.testing.tempest``: start an embedded cloud, run the suite against it, say what failed.

Exit code 1 when a test failed. What is in ``contrib/tempest/excluded.txt``, with its reason, is left out; ``--all`` runs it too.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from synnefo.testing.embedded import EmbeddedCloud
from synnefo.testing.tempest import cloud, conf, lists
from synnefo.testing.tempest.running import Result, Suite

HOURS = 3600.0


def main() -> int:
    options = _parser().parse_args()
    names = _chosen(options)
    with tempfile.TemporaryDirectory(prefix="synnefo-tempest-") as folder:
        suite = Suite(options.programs.absolute(), Path(folder))
        if options.clouds:
            found = _run(suite, options.clouds, names, options)
        else:
            with EmbeddedCloud() as embedded:
                found = _run(suite, embedded.clouds, names, options)
                if options.keep:
                    Path(options.keep).write_text("\n\n".join(embedded.last_words().values()))
    return _told(found)


def _run(suite: Suite, clouds: Path, names: list[str], options: argparse.Namespace) -> list[Result]:
    suite.prepare(conf.text(cloud.find(clouds), suite.folder))
    return suite.run(names, workers=options.workers, within=options.hours * HOURS)


def _chosen(options: argparse.Namespace) -> list[str]:
    names = lists.selected(options.list) if options.list else lists.selected()
    if not options.all:
        names = lists.wanted(names, lists.excluded())
    return [name for name in names if re.search(options.only, name)]


def _told(found: list[Result]) -> int:
    """What failed, and how many of each."""
    count = {outcome: sum(one.outcome == outcome for one in found) for outcome in ("passed", "failed", "skipped")}
    for one in found:
        if one.outcome != "passed":
            print(f"{one.outcome}: {one.name}: {one.why.splitlines()[-1] if one.why else ''}")
    print(", ".join(f"{number} {outcome}" for outcome, number in count.items()))
    return int(count["failed"] > 0 or not count["passed"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.testing.tempest", description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="where the suite's programs are")
    parser.add_argument("--list", type=Path, help="names to run instead of contrib/tempest/selected.txt")
    parser.add_argument("--only", default="", metavar="EXPRESSION", help="those whose name it is found in")
    parser.add_argument("--all", action="store_true", help="the excluded ones too")
    parser.add_argument("--clouds", type=Path, help="clouds.yaml of a cloud that is there already")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hours", type=float, default=1.0, help="when to give up")
    parser.add_argument("--keep", help="a file for the last words of the cloud's logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
