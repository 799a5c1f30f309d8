"""The taps that are answered: for each its socket, its lease, and when it is told of its router again."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from snf_node.leases.hearing import hear
from snf_node.leases.reading import MOST_BYTES, Lease, lease
from snf_node.nic import DEVICE

MOST_ANSWERS: Final = 50  # of one tap in a second: who asks more often is not heard for the rest of it
MOST_AT_ONCE: Final = 64  # then it is the next tap's turn


class Tap:
    """One that is heard. ``number`` is the interface's."""

    def __init__(self, given: Lease, number: int) -> None:
        self.lease, self.number = given, number
        self.socket = hear(given.tap)
        self.told_at = float("-inf")
        self._second, self._answers = 0, 0

    def frames(self, now: float) -> Iterator[bytes]:
        """What it has asked, as far as it may now."""
        if int(now) != self._second:
            self._second, self._answers = int(now), 0
        for _ in range(MOST_AT_ONCE):
            if not (frame := self._frame()):
                return
            self._answers += 1
            if self._answers <= MOST_ANSWERS:
                yield frame

    def _frame(self) -> bytes:
        """Empty when there is none now. ``OSError`` when the tap is gone."""
        with contextlib.suppress(BlockingIOError):
            return self.socket.recv(65536)
        return b""

    def send(self, frame: bytes | None) -> None:
        """A tap that takes nothing now is asked again by its guest."""
        if frame:
            with contextlib.suppress(OSError):
                self.socket.send(frame)


class Taps(dict[str, Tap]):
    """By name. ``look`` makes it what the directory and the node's interfaces are."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory

    def look(self, names: set[str] | None) -> tuple[list[Tap], list[Tap]]:
        """At these files, or at all of them; which taps are new, and which are heard no more."""
        everything = names is None
        living = {name: number for number, name in socket.if_nameindex()}
        wanted = set(self) | {path.name for path in self._directory.iterdir()} if names is None else names
        new, gone = [], []
        for name in sorted(one for one in wanted if DEVICE.fullmatch(one)):
            known = self.get(name)
            if everything and known and living.get(name) == known.number and (self._directory / name).exists():
                continue
            if known:
                gone.append(self.pop(name))
            if name in living and (made := self._heard(name, living[name])):
                self[name] = made
                new.append(made)
        return new, gone

    def _heard(self, name: str, number: int) -> Tap | None:
        """None when its file is gone, or says nothing that can be understood, or its interface is."""
        try:
            with (self._directory / name).open(encoding="ascii") as file:
                return Tap(lease(name, file.read(MOST_BYTES)), number)
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            sys.stderr.write(f"{name}: nothing is leased: {error}\n")
            return None
