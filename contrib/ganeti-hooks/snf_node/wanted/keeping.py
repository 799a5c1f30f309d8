"""The files of the interfaces on this node, kept as the API wants them, and what each tap was last set by.

Called by ``following`` at each turn. By levels, not by changes: a tap is set anew whenever its number or its file is not what it
was set by, so that a turn that failed, a restart, and a tap that came up with the last moment's file end alike.
"""

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from snf_node import firewall, node, state
from snf_node.errors import Refused
from snf_node.nic import WORD
from snf_node.places import Places
from snf_node.wanted.asking import Answer

STALE: Final = 86_400.0  # seconds: the file of an interface that is not here any more is forgotten when it is older

Ask = Callable[[Mapping[str, str]], Answer]
Refresh = Callable[[str], bool]  # a tap's filter is set anew, as the files say now; was it?


class Here(NamedTuple):
    """An interface on this node: its tap's number, and its name."""

    number: int
    name: str


class Keeper:
    """``turn`` raises :class:`Failed` when no API answers; what is known stays as it is, and is set where it is not yet."""

    def __init__(self, where: Places, ask: Ask, refresh: Refresh) -> None:
        self._where, self._ask, self._refresh = where, ask, refresh
        self._set: dict[str, tuple[int, str]] = {}

    def turn(self) -> None:
        here = interfaces(self._where)
        known = {one.name: digest(self._file(one.name)) for one in here.values()}
        try:
            self._keep(self._ask(known))
        finally:
            self._apply(here)
        self._forget(set(known))

    def _file(self, name: str) -> Path:
        return self._where.rules / f"{name}.json"

    def _keep(self, answer: Answer) -> None:
        for name, text in answer.texts.items():
            try:
                firewall.parsed(firewall.understood(text))
            except Refused as error:
                sys.stderr.write(f"snf-interfaces: {name}: what is wanted of it is not understood: {error}\n")
            else:
                write(self._file(name), text)
        told, known = f'{{"prefix": "{_word(answer.prefix)}"}}\n'.encode(), self._where.rules / firewall.KEPT
        if digest(known) != hashlib.sha256(told).hexdigest():  # also where it cannot be understood
            write(known, told)

    def _apply(self, here: Mapping[str, Here]) -> None:
        self._set = {tap: by for tap, by in self._set.items() if tap in here}
        for tap, one in here.items():
            wanted = (one.number, digest(self._file(one.name)))
            if self._set.get(tap) != wanted and self._refresh(tap):
                self._set[tap] = wanted

    def _forget(self, names: set[str]) -> None:
        for path in self._where.rules.glob("*.json"):
            if path.stem not in names and time.time() - path.stat().st_mtime > STALE:
                path.unlink(missing_ok=True)


def interfaces(where: Places) -> dict[str, Here]:
    """By tap: those that ``kvm-vif-bridge`` has set up, are still there, and have a name that may be one of ours."""
    living, found = node.living(), {}
    for tap in state.names(where.taps):
        known = state.recall(where.taps, tap)
        name = known.environment.get("INTERFACE_NAME", "") if known else ""
        if known and living.get(tap) == known.number and WORD.fullmatch(name):
            found[tap] = Here(known.number, name)
    return found


def digest(file: Path) -> str:
    """Empty when there is none."""
    with contextlib.suppress(FileNotFoundError):
        return hashlib.sha256(file.read_bytes()).hexdigest()
    return ""


def write(file: Path, text: bytes) -> None:
    """Whole or not at all, and still there after a loss of power."""
    file.parent.mkdir(parents=True, exist_ok=True)
    hidden = file.with_name(f".{file.name}.new")
    with hidden.open("wb") as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    hidden.rename(file)


def _word(text: str) -> str:
    if not WORD.fullmatch(text):
        raise Refused("the prefix of names is no word")
    return text
