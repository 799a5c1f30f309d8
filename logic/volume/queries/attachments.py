"""Reading attachments. One of a volume that a server has is called by the volume's id, since it is on one server at most;
one of a volume that is only reserved has an id of its own."""

import datetime
from typing import Any, Final

import msgspec
from django.db.models import Case, F, Q, QuerySet, When

from logic.access import Caller
from logic.errors import NotFound
from logic.ledger.resources import state_of
from logic.volume import states
from logic.volume.models import Volume
from logic.volume.queries import pages
from logic.volume.queries.pages import Found, Wanted
from logic.volume.queries.reading import visible, with_status
from logic.volume.states import TAKEN, Mode, Observed

WORDS: Final = {"attached": "in-use"}  # an attachment's status → its volume's, where it is another word
_RESERVED: Final = Q(marked=TAKEN) & ~Q(reservation="")
_MOVING: Final = Q(verb__in=["attach", "detach"]) | Q(verb="", mode__in=[Mode.AWAITED, Mode.RESERVED])
_ON_SERVER: Final = Q(verb__in=["", "extend", "upload", "backup"], mode=Mode.NORMAL, observed=Observed.ATTACHED)


class AttachmentInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``instance`` is the server that has the volume, or what it is reserved for (empty: nobody said); ``mode`` is rw or ro."""

    id: str
    volume: str
    instance: str
    status: str
    mode: str
    attached_at: datetime.datetime | None


def attachments(caller: Caller, wanted: Wanted) -> Found[AttachmentInfo]:
    """A page, those of the newest volumes first unless ``sort`` says otherwise. Columns of an attachment's: ``attachment`` (its
    id), ``instance``, ``status``. Raises :class:`NotFound` for a marker that cannot be seen."""
    rows = pages.own(caller, _all(caller), wanted)
    found = pages.page(rows, wanted, lambda id: _one(caller, id), {"status": _with_status})
    return Found([_info(row) for row in found.items], found.count)


def attachment(caller: Caller, id: str) -> AttachmentInfo:
    """Raises :class:`NotFound`."""
    return _info(_one(caller, id))


def _all(caller: Caller) -> QuerySet[Any]:
    """Of volumes that are on a server, on their way there or from there, or reserved."""
    rows = visible(caller).filter(_MOVING | _ON_SERVER | _RESERVED)
    return rows.annotate(
        attachment=Case(When(_RESERVED, then=F("reservation")), default=F("id")),
        instance=Case(When(_RESERVED, then=F("reserved_for")), default=F("device")),
    )


def _one(caller: Caller, id: str) -> Volume:
    row: Volume | None = _all(caller).filter((Q(pk=id) & ~_RESERVED) | (Q(reservation=id) & _RESERVED)).first()
    if row is None:
        raise NotFound(kind="attachment", id=id)
    return row


def _with_status(words: list[str]) -> Q:
    return with_status([WORDS.get(word, word) for word in words])


def _info(row: Any) -> AttachmentInfo:
    state = state_of(row)
    there, status = states.is_on_server(state), row.marked or states.cinder_status(state)
    return AttachmentInfo(
        id=row.attachment,
        volume=row.pk,
        instance=row.instance,
        status=next((word for word, of_volume in WORDS.items() if of_volume == status), status),
        mode="rw" if there else row.reserved_mode,
        attached_at=row.attached_at if there else None,
    )
