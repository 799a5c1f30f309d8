"""Who is there: each process that claims commands says so about twice a second, by the database's clock.

What a process that has lapsed had claimed is taken over by others at once and not only when the claim's lease runs out
(``claiming``, ``moments``), reboots excepted. Written by ``logic.dispatcher.presence``. No transaction is around a renewal, so
that one that is stopped in the middle of it keeps nobody waiting.
"""

import datetime

from logic.ledger.models import Presence
from logic.ledger.store import store

KEPT = datetime.timedelta(hours=1)  # longer than any claim of a process that is gone


def renew(holder: str, seconds: float) -> None:
    """It is there, and will have been for so long from now."""
    now = store().now()
    store().present(holder, now + datetime.timedelta(seconds=seconds), since=now - KEPT)


def leave(holder: str) -> None:
    """It is not there any more."""
    store().absent(holder, store().now())


def seen() -> dict[str, tuple[bool, datetime.datetime]]:
    """By machine, of all who were there in the last hour or so: is one of its processes there, and when was it last? For whoever
    looks on; the name of a machine is what its processes' names begin with."""
    now, found = store().now(), dict[str, tuple[bool, datetime.datetime]]()
    for holder, until in Presence.objects.order_by("until").values_list("holder", "until"):
        found[holder.partition(":")[0]] = (until > now, min(until, now))
    return dict(sorted(found.items()))


def lapsed(now: datetime.datetime) -> frozenset[str]:
    """Holders who were there and are not."""
    return store().lapsed(now)
