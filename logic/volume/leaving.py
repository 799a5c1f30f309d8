"""What volumes have to do with the end of their server: those that go along go with its instance, the others stay. Called by
``logic.compute.commands``."""

from logic.errors import Conflict
from logic.ledger.store import store
from logic.volume.models import Snapshot, Volume
from logic.volume.states import UNMADE, Mode, Observed


def left_by(server: str) -> tuple[str, ...]:
    """Ids of the volumes that stay and whose disks may be on a server, which the caller holds: whoever removes its instance takes
    them off first. Raises :class:`Conflict` while one is on its way there or from there, since nobody can say yet where it will
    be. One that is being deleted is on no server, or its deletion fails and it is taken off like the others."""
    rows = list(Volume.objects.filter(device=server).exclude(observed=Observed.GONE).order_by("pk"))
    if moving := next((row for row in rows if row.command and row.verb != "delete"), None):
        raise Conflict(
            reason=f"Volume {moving.pk} is just being moved by the command {moving.verb}. Wait until it is not, then try again."
        )
    kept = set(Snapshot.objects.filter(volume__in=[row.pk for row in rows]).values_list("volume", flat=True))
    return tuple(row.pk for row in rows if row.pk in kept or not _goes_along(row))


def _goes_along(row: Volume) -> bool:
    """As it is marked when its server is gone. One that has snapshots is not deleted, as in Cinder."""
    return row.goes_along and (
        row.observed == Observed.ATTACHED or row.mode == Mode.AWAITED or row.fault_code == UNMADE
    )


def kept_by(server: str) -> tuple[str, ...]:
    """All of them, whatever is under way: for the remains of a server that is gone."""
    return tuple(store().volumes_of(server))
