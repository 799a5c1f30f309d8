"""Attachments as Cinder makes them: a volume is kept free for whoever is named, and stays where it is. Nobody is told how to
connect to one, so that a reservation is never more than that; a server has its volumes by ``attaching``, and so attachments that
are ended there. Called by Cinder's facade; each function is one transaction.
"""

from typing import Final

from logic.access import Caller, require
from logic.db import new_id
from logic.errors import Conflict, NotFound, NotSupported
from logic.ledger.resources import state_of
from logic.transactions import atomically
from logic.volume import states
from logic.volume.commands.rows import change, held, is_reserved, must_be
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.states import TAKEN, Observed, Phase

UNCONNECTED: Final = (
    "Disks of this cloud are put on servers by their cluster: nothing connects to them. Leave out the connector to have the "
    "volume reserved, or add it to a server over Nova's os-volume_attachments."
)


@atomically
def create_attachment(
    caller: Caller, volume: str, *, instance: str = "", mode: str = "", connected: bool = False
) -> str:
    """Reserve a volume; the attachment's id. ``instance`` need be nothing of ours. ``mode`` empty: as the volume's flag has it.
    ``connected``: with a way to it, which cannot be had. It goes along with no server any more. Raises :class:`NotFound`,
    :class:`InvalidVolume`, :class:`NotSupported`."""
    require(caller, "member", "create an attachment")
    row = held(caller, volume)
    if connected:
        raise NotSupported(reason=UNCONNECTED)
    must_be(row, "available", action="reserve it")
    if row.readonly and mode == "rw":
        raise InvalidVolume(reason=f"volume {row.pk} is read-only, and cannot be reserved to be written to.")
    reservation = {"reservation": new_id(), "reserved_for": instance, "reserved_mode": mode or _mode_of(row)}
    change(caller, row, {"marked": TAKEN, "goes_along": False, "unmade": False, **reservation}, "reserved")
    return reservation["reservation"]


def _mode_of(row: Volume) -> str:
    return "ro" if row.readonly else "rw"


@atomically
def complete_attachment(caller: Caller, id: str) -> None:
    """One that a server has is complete. Raises :class:`NotFound`, :class:`InvalidVolume`."""
    require(caller, "member", "complete an attachment")
    row = _held(caller, id)
    if is_reserved(row) or states.phase(state_of(row)) in {Phase.ATTACHING, Phase.DETACHING}:
        raise InvalidVolume(
            reason=f"attachment {id} status must be attached to complete it: nothing has connected to volume {row.pk}. Add it "
            "to a server over Nova's os-volume_attachments, whose attachments are complete by themselves."
        )


@atomically
def delete_attachment(caller: Caller, id: str) -> None:
    """Give a volume free. Raises :class:`NotFound`; :class:`Conflict` for one that a server has."""
    require(caller, "member", "delete an attachment")
    row = _held(caller, id)
    if not is_reserved(row):
        raise Conflict(reason=f"Detach volume from instance {row.device} using the Compute API: the server has it.")
    release(caller, row)


def release(caller: Caller, row: Volume) -> None:
    """A reserved volume that the caller holds."""
    change(caller, row, {"marked": "", "reservation": ""}, "reserved no more")


def _held(caller: Caller, id: str) -> Volume:
    """The volume of an attachment, locked. Raises :class:`NotFound`."""
    reserved = Volume.objects.filter(reservation=id).exclude(observed=Observed.GONE).values_list("pk", flat=True)
    try:
        row = held(caller, reserved.first() or id)
    except NotFound:
        raise NotFound(kind="attachment", id=id) from None
    known = row.reservation == id if is_reserved(row) else row.pk == id and states.is_on_server(state_of(row))
    if not known:
        raise NotFound(kind="attachment", id=id)
    return row
