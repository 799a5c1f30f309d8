"""What volumes have to do with the end of their server: those that go along go with its instance, the others stay. Called by
``logic.compute.commands``."""

import msgspec

from logic.ledger.store import store
from logic.volume.models import Snapshot, Volume
from logic.volume.states import Mode, Observed


class Left(msgspec.Struct, frozen=True):
    """``volumes`` are the ids of those that stay and whose disks may be on a server: whoever removes its instance takes them off
    first. ``awaits`` are the commands that just move some of them, without whose end nobody can say where they will be."""

    volumes: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()


def left_by(server: str) -> Left:
    """By a server, which the caller holds. One that is being moved stays, and is deleted afterwards if it goes along. One that is
    being deleted is on no server, or its deletion fails and it is taken off like the others."""
    rows = list(Volume.objects.filter(device=server).exclude(observed=Observed.GONE).order_by("pk"))
    moving = {row.pk: row.command for row in rows if row.command and row.verb != "delete"}
    kept = moving.keys() | Snapshot.objects.filter(volume__in=[row.pk for row in rows]).values_list("volume", flat=True)
    volumes = tuple(row.pk for row in rows if row.pk in kept or not _goes_along(row))
    return Left(volumes=volumes, awaits=tuple(moving.values()))


def _goes_along(row: Volume) -> bool:
    """As it is marked when its server is gone. One that has snapshots is not deleted, as in Cinder."""
    theirs = row.observed == Observed.ATTACHED or row.mode in {Mode.AWAITED, Mode.RESERVED}
    return row.goes_along and (theirs or row.unmade)


def kept_by(server: str) -> Left:
    """All of them, whatever is under way: for the remains of a server that is gone."""
    return Left(volumes=tuple(store().volumes_of(server)))
