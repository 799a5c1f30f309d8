"""Parts of a long body: the header Range, of one part in bytes. Called by views that answer with a stream."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from logic.errors import Refusal

_RANGE: Final = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?")


class Unsatisfiable(Refusal):
    """The range {given} is outside of the {size} bytes there are."""

    code = "range-not-satisfiable"


class Span(msgspec.Struct, frozen=True):
    """``length`` bytes from ``start`` of ``size``; ``whole``: no part was asked for."""

    start: int
    length: int
    size: int
    whole: bool = False

    @property
    def status(self) -> int:
        return 200 if self.whole else 206

    @property
    def headers(self) -> Mapping[str, str]:
        if self.whole:
            return {}
        return {"Content-Range": f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"}


def span(header: str, size: int) -> Span:
    """What is asked for; all of it when the header is absent, or of a kind that is not known (as HTTP has it). Raises
    :class:`Unsatisfiable`."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()):
        return Span(0, size, size, whole=True)
    first, last = found.groups()
    if first is None:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(size - 1, int(last) if last is not None else size - 1)
    if start > end:
        raise Unsatisfiable(given=header[:60], size=size)
    return Span(start, end - start + 1, size)
