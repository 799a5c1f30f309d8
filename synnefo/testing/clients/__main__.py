"""``python -m synnefo.testing.clients [FILE]``: the walks, through a new cloud of a form or through one that is there."""

import argparse
import sys
import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final

from logic import clock
from synnefo.testing.clients import ansible_walk, libcloud_walk, packer_walk, sdk_walk, shell
from synnefo.testing.clients.files import DAY, files
from synnefo.testing.clients.forms import CAN, FORMS

Walk = Callable[[Path, Collection[str]], int]


def main() -> int:
    """The number of what failed, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m synnefo.testing.clients", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=DAY, help="of lines, for the walk of the shell")
    parser.add_argument("--clouds", type=Path, help="clouds.yaml of a cloud that is there already")
    parser.add_argument("--form", choices=FORMS, default="embedded", help="of the new one, or of the one that is there")
    parser.add_argument("--walk", choices=("shell", *LIBRARIES), action="append", help="may be given again")
    given = parser.parse_args()
    walks: list[Walk] = [_walks(given.file)[name] for name in given.walk or ("shell",)]
    if given.clouds:
        return _walked(walks, given.clouds, CAN[given.form])
    with FORMS[given.form]() as cloud:
        return _walked(walks, cloud.clouds, CAN[given.form])


def _walked(walks: list[Walk], clouds: Path, can: Collection[str]) -> int:
    return min(1, sum(walk(clouds, can) for walk in walks))


def _walks(file: Path) -> Mapping[str, Walk]:
    return {"shell": lambda clouds, can: _lines(file, clouds, can), **{name: _telling(name) for name in LIBRARIES}}


def _lines(file: Path, clouds: Path, can: Collection[str]) -> int:
    wrong = 0
    for told in shell.walk(clouds, file.read_text(), {"FILES": str(files(clouds.parent, can))}, can):
        print(f"{'FAILED' if told.wrong else 'ok':6} {told.seconds:5.1f} s  {told.line}", flush=True)
        if told.wrong:
            wrong += 1
            print(f"       {told.wrong}")
    print(f"{wrong} failed")
    return wrong


def _telling(name: str) -> Walk:
    def walk(clouds: Path, can: Collection[str]) -> int:
        started = clock.monotonic()
        try:
            LIBRARIES[name](clouds, can)
        except Exception:  # noqa: BLE001 - whatever it is, the other walks are to be seen too
            traceback.print_exc()
            return 1
        print(f"ok     {clock.monotonic() - started:5.1f} s  {name}", flush=True)
        return 0

    return walk


def _sdk(clouds: Path, can: Collection[str]) -> None:
    with sdk_walk.connect(clouds) as there:
        sdk_walk.walk(there, files(clouds.parent, can), can)


LIBRARIES: Final[Mapping[str, Callable[[Path, Collection[str]], None]]] = {
    "sdk": _sdk,
    "libcloud": lambda clouds, can: libcloud_walk.walk(libcloud_walk.driver(clouds), can),
    "ansible": lambda clouds, can: ansible_walk.walk(clouds, files(clouds.parent, can)),
    "packer": lambda clouds, can: packer_walk.walk(clouds),  # noqa: ARG005
}


if __name__ == "__main__":
    sys.exit(main())
