"""A volume offered to another project: whoever knows the key takes it, with what it counts for. Of a key only its digest is kept;
it is of as much chance as a token, so that a plain digest is enough.

Called by Cinder's facade; each function is one transaction.
"""

import hashlib
import hmac
from typing import Final

from logic import clock
from logic.access import Caller, require
from logic.errors import NotFound
from logic.ledger import beginning, holdings
from logic.quota import commands as quota
from logic.transactions import atomically
from logic.volume.commands.grouping import must_be_alone
from logic.volume.commands.rows import change, held, must_be
from logic.volume.models import Snapshot, Transfer, Volume
from logic.volume.refusals import InvalidKey, InvalidVolume
from logic.volume.states import Observed

AWAITING: Final = "awaiting-transfer"
KEY_BYTES: Final = 24


@atomically
def create_transfer(caller: Caller, volume: str, name: str, *, no_snapshots: bool = False) -> tuple[str, str]:
    """Its id, and the key, which is told once. Raises :class:`NotFound`, :class:`InvalidVolume`."""
    require(caller, "member", "offer a volume")
    row = held(caller, volume)
    must_be(row, "available", action="transfer it")
    must_be_alone(row, "transferred")
    key = clock.new_token(KEY_BYTES)
    columns = {"volume": row.pk, "project": row.project, "digest": _digest(key), "no_snapshots": no_snapshots}
    offer = Transfer.objects.create(name=name, **columns)
    change(caller, row, {"marked": AWAITING}, "offered")
    return offer.pk, key


@atomically
def delete_transfer(caller: Caller, id: str) -> None:
    """The offer is taken back. Raises :class:`NotFound`."""
    require(caller, "member", "take back the offer of a volume")
    offer = Transfer.objects.filter(pk=id).first()
    if offer is None or (offer.project != caller.project and not caller.is_admin):
        raise NotFound(kind="transfer", id=id)
    row = held(caller, offer.volume)
    offer.delete()
    if row.marked == AWAITING:
        change(caller, row, {"marked": ""}, "offered no more")


@atomically
def accept_transfer(caller: Caller, id: str, key: str) -> tuple[str, str]:
    """The volume is the caller's; its id and the offer's name. Its snapshots come along, unless it was offered without them.
    Raises :class:`NotFound`, :class:`InvalidKey`, :class:`InvalidVolume`, :class:`QuotaExceeded`."""
    require(caller, "member", "accept a volume")
    seen = Transfer.objects.filter(pk=id).values_list("volume", flat=True).first()
    row: Volume | None = beginning.hold("volume", seen) if seen else None
    offer = Transfer.objects.select_for_update().filter(pk=id).first()
    if row is None or offer is None or row.observed == Observed.GONE:
        raise NotFound(kind="transfer", id=id)
    if not hmac.compare_digest(offer.digest, _digest(key)):
        raise InvalidKey(id=id)
    if row.marked != AWAITING:
        raise InvalidVolume(reason=f"volume {row.pk} is not awaiting its transfer any more.")
    _take(caller, row, [] if offer.no_snapshots else _snapshots(row))
    offer.delete()
    return row.pk, offer.name


def _take(caller: Caller, row: Volume, snapshots: list[Snapshot]) -> None:
    """Counted first, since the taker may have no room for it."""
    moving = [row.pk, *(one.pk for one in snapshots)]
    if row.project != caller.project:
        quota.check(caller.project, _together([holdings.held(one) for one in moving]))
        for one in moving:
            holdings.move(one, caller.project)
    whose = {"project": caller.project, "user": caller.user}
    Snapshot.objects.filter(pk__in=moving[1:]).update(**whose, updated_at=clock.now())
    change(caller, row, {**whose, "marked": "", "goes_along": False, "unmade": False}, "accepted")


def _snapshots(row: Volume) -> list[Snapshot]:
    return list(Snapshot.objects.select_for_update().filter(volume=row.pk, project=row.project).order_by("pk"))


def _together(held: list[dict[str, int]]) -> dict[str, int]:
    names = {name for one in held for name in one}
    return {name: sum(one.get(name, 0) for one in held) for name in names}


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
