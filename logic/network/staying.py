"""Networks that stay while somebody makes something on them, or reads what is told of them.

Called by whoever makes ports and floating addresses, inside their transactions and before they look at subnets. Any number of
them hold a network at once; who deletes it, or changes its subnets, holds its row alone (``networks.commands.held``), so that
each sees what the other has done. SQLite has one writer, and nothing to hold.
"""

from collections.abc import Collection
from typing import Final

from django.db import connection

from logic.db import asked

_SHARED: Final = {"postgresql": "FOR KEY SHARE", "mysql": "LOCK IN SHARE MODE"}


def still(ids: Collection[str]) -> set[str]:
    """Those of them that are there until the transaction ends."""
    if not ids or connection.vendor not in _SHARED:
        return set(ids)
    wanted = sorted(set(ids))
    places = ", ".join(["%s"] * len(wanted))
    sql = f"SELECT id FROM network_network WHERE id IN ({places}) AND deleted_at IS NULL ORDER BY id "  # noqa: S608 - of ours
    return {id for (id,) in asked(sql + _SHARED[connection.vendor], wanted)}
