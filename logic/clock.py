"""The only source of time, identifiers and chance.

Everything in ``logic``, ``ganeti`` and ``synnefo`` asks here instead of calling ``datetime.now``, ``time``, ``uuid``,
``secrets`` or ``random``: the deterministic simulation replaces the source, and one seed then gives one run. A house
rule (``logic/tests/test_house_rules.py``) refuses the direct calls. Waiting is ``asyncio.sleep``: the simulation turns
the event loop's own clock instead.
"""

import datetime
import random
import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Source(Protocol):
    """What a run takes its time and chance from."""

    def now(self) -> datetime.datetime: ...
    def monotonic(self) -> float: ...
    def uuid(self) -> uuid.UUID: ...
    def token(self, size: int) -> str: ...
    def uniform(self, low: float, high: float) -> float: ...


class SystemSource:
    """The machine's clocks and its entropy."""

    def now(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def uuid(self) -> uuid.UUID:
        return uuid.uuid4()

    def token(self, size: int) -> str:
        return secrets.token_urlsafe(size)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)  # noqa: S311 - jitter, not secrets


_source: Source = SystemSource()


@contextmanager
def replaced(source: Source) -> Iterator[None]:
    """Run a block on another source (the simulation's, or a test's)."""
    global _source  # noqa: PLW0603 - one process has one clock
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


def now() -> datetime.datetime:
    """Wall-clock time, aware, UTC. For people and for due times within one database; never to order two machines."""
    return _source.now()


def timestamp() -> float:
    """Seconds since 1970 of :func:`now`."""
    return _source.now().timestamp()


def monotonic() -> float:
    """Seconds that only go forward; for measuring waits in one process."""
    return _source.monotonic()


def new_uuid() -> uuid.UUID:
    """A random UUID (version 4)."""
    return _source.uuid()


def new_token(size: int = 32) -> str:
    """``size`` random bytes, URL-safe base64."""
    return _source.token(size)


def jitter(low: float, high: float) -> float:
    """A number between the two, for back-off and spreading."""
    return _source.uniform(low, high)
