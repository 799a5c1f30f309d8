"""A command has been told to the node that carries it out, as far as Ganeti could not carry it: what was secret of it goes, and
that it was told stays until it is settled. Called by ``logic.compute.telling``.
"""

from logic.ledger.models import OPEN, Command
from logic.ledger.store import store
from logic.messages import codec
from logic.messages.commands import AnyCommand
from logic.snapshots import TOLD


def told(left: AnyCommand) -> None:
    """``left``: what is left of the command. The caller holds its resource, as everybody does who writes commands."""
    assert store().in_atomic(), "a command's resource is held"
    Command.objects.filter(pk=left.id, status__in=OPEN).update(payload=codec.encode(left), code=TOLD)
