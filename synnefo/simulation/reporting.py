"""What a run says of itself, whatever it ran on; and the errors that were logged meanwhile."""

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import Any

import msgspec
import structlog

from synnefo.simulation.tables import Tables

CLUSTER, PREFIX = "sim", "snf-"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``trace`` is the hash of everything that happened; ``events`` how many facts were applied; ``tables`` what the ledger
    has written, until the next run."""

    seed: int
    trace: str
    events: int
    requests: int
    seconds: float
    violations: list[str]
    tables: Tables


@contextlib.contextmanager
def captured() -> Iterator[list[str]]:
    """Errors logged meanwhile; everything else is silent."""
    errors: list[str] = []

    def keep(_: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method in {"error", "critical", "exception"}:
            errors.append(f"logged: {event}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    try:
        yield errors
    finally:
        structlog.configure(**before)
