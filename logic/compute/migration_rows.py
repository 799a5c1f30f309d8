"""Moves of servers, and changes of their size, as rows: for operators, who see in ``migration_lists`` what became of each.

A row is written with the command that it is of; what became of that, the command's own row says, and with it this one is
forgotten. What waits for its user is closed here: confirmed, or by the command that goes back.
"""

from collections.abc import Sequence

from logic.access import Caller
from logic.compute.models import Migration, Server

RESIZE, COLD, LIVE, EVACUATION = "resize", "migration", "live-migration", "evacuation"  # Nova's words
CONFIRMED = "confirmed"


def noted(caller: Caller, server: Server, kind: str, command: str) -> None:
    """In the transaction that begins the command."""
    Migration.objects.create(
        uuid=command,
        server=server.pk,
        kind=kind,
        host=server.backend.name,
        user=caller.user,
        project=caller.project,
    )


def closed(server: str, by: str = CONFIRMED) -> None:
    """What of this server waits for its user, waits no longer; ``by`` may be the id of the command that goes back."""
    newest = Migration.objects.filter(server=server, kind__in=(RESIZE, COLD)).order_by("-pk").first()
    if newest:
        Migration.objects.filter(pk=newest.pk).update(closed=by)


def forget(commands: Sequence[str]) -> None:
    """Those of commands that are forgotten."""
    Migration.objects.filter(uuid__in=commands).delete()
