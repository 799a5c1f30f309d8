"""Cinder's own words about a volume that no cluster hears: its marks and flags, what is said of its image.

Called by Cinder's facade; each function is one transaction. A *mark* stands in the place of a volume's status and keeps it from
changing: a reservation, or what an administrator says. Where its disk is stays as true below it.
"""

from typing import Final

from logic.access import Caller, require
from logic.errors import NotFound, clipped
from logic.ledger.resources import state_of
from logic.transactions import atomically
from logic.volume import states
from logic.volume.commands.attaching import RELEASED, RESERVED, attach_volume, detach_volume
from logic.volume.commands.reserving import release
from logic.volume.commands.rows import change, held, is_reserved, must_be
from logic.volume.commands.transfers import AWAITING
from logic.volume.models import Transfer
from logic.volume.refusals import InvalidInput, InvalidVolume

# What an administrator may say of a volume. The last two are said by taking a mark away, where they are true.
MARKS: Final = frozenset(
    {"creating", "attaching", "detaching", "deleting", "error", "error_deleting", "maintenance", "reserved", "retyping",
     "extending", "error_extending", "restoring-backup", "error_restoring", "backing-up", "downloading", "uploading"}
)  # fmt: skip
TRUE: Final = frozenset({"available", "in-use"})


@atomically
def set_bootable(caller: Caller, id: str, *, bootable: bool) -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "say whether a volume is bootable")
    change(caller, held(caller, id), {"bootable": bootable})


@atomically
def set_readonly(caller: Caller, id: str, *, readonly: bool) -> None:
    """Raises :class:`NotFound`, :class:`InvalidVolume`."""
    require(caller, "member", "say whether a volume is read-only")
    row = held(caller, id)
    must_be(row, "available", action="update its read-only flag")
    change(caller, row, {"readonly": readonly})


@atomically
def reset_status(caller: Caller, id: str, status: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InvalidInput`, :class:`InvalidVolume` for what is not so."""
    require(caller, "admin", "reset a volume's status")
    row = held(caller, id)
    if status not in MARKS | TRUE:
        words = ", ".join(sorted(MARKS | TRUE))
        raise InvalidInput(reason=f"the status of a volume is reset to one of {words}, not to {clipped(status)!r}.")
    real = states.cinder_status(state_of(row))
    if status in TRUE and status != real:
        raise InvalidVolume(
            reason=f"volume {row.pk} is {real} by what its cluster says, and cannot be called {status}. Other words can "
            "hide that for a time."
        )
    if status in TRUE and row.unread:
        raise InvalidVolume(reason=f"volume {row.pk} has no content (yet), and cannot be called {status}.")
    if row.marked == AWAITING:
        Transfer.objects.filter(volume=row.pk).delete()
    ended = {} if status == states.TAKEN else {"reservation": ""}
    change(caller, row, {"marked": "" if status == real else status, **ended}, "status reset")


@atomically
def reserve(caller: Caller, id: str) -> None:
    """Announce that it will be put on a server. Raises :class:`NotFound`, :class:`InvalidVolume`."""
    _mark(caller, id, "available", RESERVED)


@atomically
def unreserve(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`."""
    _unmark(caller, id, RESERVED)


@atomically
def begin_detaching(caller: Caller, id: str) -> None:
    """Announce that it will be taken off its server. Raises :class:`NotFound`, :class:`InvalidVolume`."""
    _mark(caller, id, "in-use", RELEASED)


@atomically
def roll_detaching(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`."""
    _unmark(caller, id, RELEASED)


def _mark(caller: Caller, id: str, wanted: str, mark: str) -> None:
    require(caller, "member", "reserve a volume")
    row = held(caller, id)
    must_be(row, wanted, action="reserve it")
    change(caller, row, {"marked": mark}, "reserved")


def _unmark(caller: Caller, id: str, mark: str) -> None:
    require(caller, "member", "reserve a volume")
    row = held(caller, id)
    if row.marked == mark:
        change(caller, row, {"marked": ""}, "reserved no more")


@atomically
def attach(caller: Caller, id: str, server: str, mountpoint: str) -> None:
    """As Nova's: it is put on the server. Raises as :func:`attach_volume`; a server that is unknown is none of the volume's."""
    held(caller, id)
    attach_volume(caller, server, id, mountpoint=mountpoint, reserved=True)


@atomically
def detach(caller: Caller, id: str, attachment: str = "", *, force: bool = False) -> None:
    """As Nova's; what is on no server is off it. ``attachment`` empty: the one that there is. Raises :class:`NotFound`,
    :class:`InvalidVolume`."""
    require(caller, "admin" if force else "member", "detach a volume by force" if force else "detach a volume")
    row = held(caller, id)
    if attachment and is_reserved(row) and attachment == row.reservation:
        release(caller, row)
        return
    if attachment and attachment != row.pk:
        raise NotFound(kind="attachment", id=attachment)
    if not states.is_on_server(state_of(row)):
        if attachment:
            raise NotFound(kind="attachment", id=attachment)
        return
    detach_volume(caller, row.device, id, released=force or row.marked == RELEASED)


@atomically
def set_image_metadata(caller: Caller, id: str, items: dict[str, str]) -> dict[str, str]:
    """Merged; what it is afterwards. Raises :class:`NotFound`."""
    require(caller, "member", "change the image metadata of a volume")
    row = held(caller, id)
    metadata = {**(row.image_metadata or {}), **items}
    change(caller, row, {"image_metadata": metadata})
    return metadata


@atomically
def unset_image_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the volume and for the key."""
    require(caller, "member", "change the image metadata of a volume")
    row = held(caller, id)
    if key not in (row.image_metadata or {}):
        raise NotFound(kind="image metadata item", id=key)
    metadata = {name: value for name, value in (row.image_metadata or {}).items() if name != key}
    change(caller, row, {"image_metadata": metadata})
