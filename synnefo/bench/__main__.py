"""``python -m synnefo.bench [names…]``: start private servers, measure, print JSON lines, stop them."""

import argparse
import importlib
import os

import msgspec


def main() -> None:
    """The programs named, or all."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.settings")
    import django

    django.setup()
    from synnefo.bench.programs import PROGRAMS, chosen
    from synnefo.bench.site import Options, Site

    asked = vars(_parser(Options).parse_args())
    names = chosen(asked.pop("names"))
    with Site(Options(**asked)) as site:
        for name in names:
            program = importlib.import_module(PROGRAMS[name].module)
            for figure in program.measure(site):
                print(figure.line, flush=True)


def _parser(options: type[msgspec.Struct]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synnefo.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="programs or figures; all without any")
    for field in msgspec.structs.fields(options):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    return parser


if __name__ == "__main__":
    main()
