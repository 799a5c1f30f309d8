"""What each tap was set up with, so that it can be taken away when nobody tells any more what it was: one file a tap.

Written before anything is done for the tap: what was begun by a process that died is found and cleared by the next. One lock
for the node: two interfaces at once stand in line.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from snf_node.nic import DEVICE, VARIABLES


class Known(NamedTuple):
    """``number`` is the interface's: a tap of the same name with another is another tap. ``environment`` is Ganeti's."""

    number: int
    environment: Mapping[str, str]
    proxies: tuple[tuple[str, str], ...]


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Alone on this node, for as long as it takes."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o755)
    with (directory / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def known(number: int, environment: Mapping[str, str], proxies: Sequence[tuple[str, str]]) -> Known:
    """Of the environment what we look at."""
    return Known(number, {name: environment[name] for name in VARIABLES if environment.get(name)}, tuple(proxies))


def remember(directory: Path, tap: str, known: Known) -> None:
    text = json.dumps(known._asdict(), sort_keys=True)
    hidden = directory / f".{tap}.new"
    hidden.write_text(text)
    hidden.rename(directory / tap)


def recall(directory: Path, tap: str) -> Known | None:
    """None when there is nothing, or nothing that can be read."""
    try:
        found: Any = json.loads((directory / tap).read_text())
        return Known(
            int(found["number"]), dict(found["environment"]), tuple((str(a), str(d)) for a, d in found["proxies"])
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def forget(directory: Path, tap: str) -> None:
    (directory / tap).unlink(missing_ok=True)


def names(directory: Path) -> set[str]:
    """The taps that a directory has files of."""
    return {path.name for path in directory.iterdir() if DEVICE.fullmatch(path.name)} if directory.is_dir() else set()
