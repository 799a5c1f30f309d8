"""What volumes have to do with the end of their server: it takes none of them along. Called by ``logic.compute.commands``."""

from logic.errors import Conflict
from logic.ledger.store import store
from logic.volume.models import Volume
from logic.volume.states import Observed


def left_by(server: str) -> tuple[str, ...]:
    """Ids of the volumes whose disks may be on a server, which the caller holds: whoever removes its instance takes them off
    first. Raises :class:`Conflict` while one is on its way there or from there, since nobody can say yet where it will be. One
    that is being deleted is on no server, or its deletion fails and it is taken off like the others."""
    rows = list(Volume.objects.filter(device=server).exclude(observed=Observed.GONE).order_by("pk"))
    if moving := next((row for row in rows if row.command and row.verb != "delete"), None):
        raise Conflict(
            reason=f"Volume {moving.pk} is just being moved by the command {moving.verb}. Wait until it is not, then try again."
        )
    return tuple(row.pk for row in rows)


def kept_by(server: str) -> tuple[str, ...]:
    """The same, whatever is under way: for the remains of a server that is gone."""
    return tuple(store().volumes_of(server))
