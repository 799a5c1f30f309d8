"""``python -m synnefo.bench [names…]``: start private servers, measure, print JSON lines, stop them. With ``--page`` read lines
instead and print the page made of them."""

import argparse
import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # Django is set up first
    from synnefo.bench.programs import Program
    from synnefo.bench.site import Site


def main() -> None:
    """The programs named, or all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
    import django

    django.setup()
    from synnefo.bench.figures import Figure
    from synnefo.bench.machine import machine
    from synnefo.bench.page import page
    from synnefo.bench.programs import PROGRAMS, chosen
    from synnefo.bench.site import Options, Site

    asked = vars(_parser(Options).parse_args())
    names = chosen(asked.pop("names"))
    if asked.pop("page"):
        print(page([Figure.read(line) for line in sys.stdin if line.strip()]), end="")
        return
    print(machine().line, flush=True)
    with Site(Options(**asked)) as site:
        failed = [name for name in names if not _ran(PROGRAMS[name], site)]
    if failed:
        sys.exit(f"not measured to the end: {', '.join(failed)}")


def _ran(program: "Program", site: "Site") -> bool:
    """Print its lines. One that fails says why, and the others are measured all the same."""
    try:
        for figure in importlib.import_module(program.module).measure(site):
            print(figure.line, flush=True)
    except Exception:  # noqa: BLE001 - whatever it is, it is told
        traceback.print_exc()
        return False
    return True


def _parser(options: type[msgspec.Struct]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="programs or figures; all without any")
    parser.add_argument("--page", action="store_true", help="make docs/performance.md from lines")
    for field in msgspec.structs.fields(options):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    return parser


if __name__ == "__main__":
    main()
