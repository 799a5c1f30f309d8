"""Where content is kept: one Protocol, whose implementations pass one contract (``tests/test_contract.py``).

A store knows names and bytes and no tables; a blob's id is its name there. ``opening`` says which store a blob is in. What is
in a store was written whole: a :class:`Writing` that is not finished leaves nothing under its name.
"""

import re
from collections.abc import Iterator
from typing import Final, Protocol

BLOCK = 256 * 1024  # bytes read at once
_NAME: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Absent(Exception):  # noqa: N818 - what is the case
    """There is nothing of this name."""


class Writing(Protocol):
    """Bytes on their way into a store. Every method blocks, and may raise ``OSError``."""

    def write(self, piece: bytes) -> None: ...

    def finish(self) -> None:
        """From now on all of it is there, whatever happens to this machine."""

    def abandon(self) -> None:
        """Nothing of it is there. May be called at any time, and again."""


class Store(Protocol):
    """Every method blocks, and may raise ``OSError``; names are ids of ours, others raise ``ValueError``. ``most``: bytes of
    the largest content that it takes."""

    kind: str
    most: int

    def writing(self, name: str) -> Writing:
        """Begin; what was begun under this name before, and not finished, is forgotten."""

    def pieces(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """``length`` bytes from ``start``, or all that follow. Raises :class:`Absent` at once."""

    def remove(self, name: str) -> None:
        """It, and what was begun of it. What is not there is no error."""


def checked(name: str) -> str:
    """Raises ``ValueError`` for what is no id: no name ever leads out of a store."""
    if not _NAME.fullmatch(name):
        raise ValueError("the name of a blob is an id of ours")
    return name
