"""Messages that cannot be applied now (parked, with a due time) or at all (quarantined, with their bytes and why).

Both are rows written in the batch's own transaction. The dispatcher brings parked ones back; operators replay or drop
quarantined ones (``manage.py quarantine-*``).
"""

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction

from logic import clock
from logic.errors import NotFound
from logic.ledger.envelopes import Envelope, opened
from logic.ledger.models import Parked, Quarantine
from logic.ledger.store import store

MAX_TRIES = 5
FIRST_DELAY = 2.0  # seconds; doubled with each try
REASON_LENGTH = 2000


class Aside:
    """What a batch sets aside: gathered one by one, written at once."""

    def __init__(self) -> None:
        self._parked: list[Parked] = []
        self._quarantined: list[Quarantine] = []

    def park(self, envelope: Envelope, reason: str) -> bool:
        """Keep a message for later; after the last try it is quarantined. True when it was parked."""
        if envelope.tries >= MAX_TRIES:
            self.quarantine(envelope, f"{reason} (after {envelope.tries} tries)")
            return False
        due = clock.now() + datetime.timedelta(seconds=FIRST_DELAY * 2**envelope.tries)
        self._parked.append(
            Parked(
                body=envelope.body,
                cluster=_text(envelope.cluster, 63),
                routing_key=_text(envelope.routing_key, 255),
                reason=_text(reason, REASON_LENGTH),
                tries=envelope.tries + 1,
                due_at=due,
                **_history(envelope),
            )
        )
        return True

    def quarantine(self, envelope: Envelope, reason: str) -> None:
        """Keep a message that cannot be applied, for an operator."""
        self._quarantined.append(
            Quarantine(
                body=envelope.body,
                cluster=_text(envelope.cluster, 63),
                routing_key=_text(envelope.routing_key, 255),
                reason=_text(reason, REASON_LENGTH),
                **_history(envelope),
            )
        )

    def write(self) -> None:
        """In the batch's transaction."""
        if self._parked:
            store().park(self._parked)
        if self._quarantined:
            store().keep(self._quarantined)


def _history(envelope: Envelope) -> dict[str, Any]:
    return {"first_at": envelope.set_aside or clock.now(), "replays": envelope.replays}


def _text(told: str, most: int) -> str:
    """What a text column takes: PostgreSQL knows no NUL."""
    return told.replace("\0", "\\0")[:most]


def quarantine(envelope: Envelope, reason: str) -> None:
    """Keep one message that spoilt its batch."""
    aside = Aside()
    aside.quarantine(envelope, reason)
    aside.write()


def take_due(limit: int) -> list[Envelope]:
    """Parked messages whose time has come, taken out. The caller applies them in the same transaction."""
    rows = store().take_parked(clock.now(), limit)
    return [_again(row, tries=row.tries, replays=row.replays) for row in rows]


def take_quarantined(numbers: Sequence[int]) -> list[Envelope]:
    """Quarantined messages, taken out to be replayed. The caller applies them in the same transaction. Raises
    :class:`NotFound`."""
    rows = [_quarantined(number) for number in numbers]
    Quarantine.objects.filter(pk__in=numbers).delete()
    return [_again(row, tries=0, replays=row.replays + 1) for row in rows]


def _again(row: Parked | Quarantine, *, tries: int, replays: int) -> Envelope:
    envelope = opened(bytes(row.body), cluster=row.cluster, routing_key=row.routing_key, tries=tries)
    return msgspec.structs.replace(envelope, set_aside=row.first_at, replays=replays)


@transaction.atomic
def drop(numbers: Sequence[int]) -> None:
    """Throw quarantined messages away. Raises :class:`NotFound`."""
    for number in numbers:
        _quarantined(number).delete()


def _quarantined(number: int) -> Quarantine:
    row = Quarantine.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NotFound(kind="quarantined message", id=number)
    return row
