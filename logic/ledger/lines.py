"""A line of the journal on its way into the table: plain data, since a batch writes hundreds of them.

Made by ``folding`` and ``incarnations``, written by ``store``. What is read back is ``queries.Line``.
"""

import datetime
from typing import Any

import msgspec


class NewLine(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of :class:`logic.ledger.models.Journal`, in one order for both forms of the store."""

    kind: str
    resource: str
    at: datetime.datetime
    what: str
    text: str = ""
    actor: str = ""
    request: str = ""
    command: str = ""
    job: int = 0
    changes: dict[str, Any] = {}
