"""The span of time whose usage is asked for."""

import datetime
import urllib.parse

from logic import clock
from logic.compute.usage import Span
from logic.errors import BadRequest
from synnefo.api.compute.requests.filters import moment
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped


def span(call: Call) -> Span:
    """Both ends are now unless they are named. Raises :class:`BadRequest`."""
    now = clock.now()
    start, end = (_moment(call, name) or now for name in ("start", "end"))
    if start > end:
        raise BadRequest(reason="Invalid start time. The start time cannot occur after the end time.")
    return Span(start, end)


def _moment(call: Call, name: str) -> datetime.datetime | None:
    text = call.query.one(name)
    return moment(text, name) if text else None


def audited(text: str) -> datetime.datetime:
    """``2026-01-31 12:00:00``. Raises :class:`BadRequest`."""
    plain = urllib.parse.unquote(text)
    try:
        return datetime.datetime.fromisoformat(plain).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise BadRequest(reason=f"Invalid timestamp for date {clipped(plain)}: write 2026-01-31 12:00:00.") from None
