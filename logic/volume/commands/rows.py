"""Finding a volume for a command, what must be so of it, and what it and its copies take of a quota. Called by the other modules
here, inside their transactions."""

from typing import Any, TypeVar

from logic import clock
from logic.access import Caller
from logic.compute.models import Server
from logic.compute.sharing import DOWN_HERE, held_idle
from logic.errors import BadRequest, NotFound, clipped
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.placement import queries as placement
from logic.quota import commands as quota
from logic.volume import states
from logic.volume.models import Plain, Volume
from logic.volume.queries.types import DEFAULT
from logic.volume.refusals import InvalidVolume
from logic.volume.states import Observed, Phase

C = TypeVar("C", bound=Plain)
ON = "change the volumes of"
IN_TROUBLE = ("error", "error_restoring", "error_extending", "error_managing")  # marked so, a volume may be deleted


def held(caller: Caller, id: str) -> Volume:
    """The row, locked. Another tenant's volume is as unknown as one that never was; so is a deleted one."""
    row: Volume = beginning.hold("volume", id)
    gone = states.phase(state_of(row)) is Phase.GONE
    if gone or (row.project != caller.project and not caller.is_admin):
        raise NotFound(kind="volume", id=id)
    return row


def copy_held(caller: Caller, model: type[C], kind: str, id: str) -> C:
    """The row of a snapshot, a backup, a group or a group snapshot, locked. Raises :class:`NotFound`."""
    rows = model._default_manager.select_for_update()
    row = (rows if caller.is_admin else rows.filter(project=caller.project)).filter(pk=id).first()
    if row is None:
        raise NotFound(kind=kind, id=id)
    return row


def held_at_rest(caller: Caller, id: str, *, attached: bool, action: str) -> tuple[Volume, Server | None]:
    """The row, and the server that has it, both held. ``attached``: one may. Raises :class:`NotFound`, :class:`InvalidVolume`,
    ``WrongState``."""
    server = _server_of(caller, id) if attached else None
    row = held(caller, id)
    must_be(row, *(("available", "in-use") if attached else ("available",)), action=action)
    _must_not_be_kept(row)
    if states.is_on_server(state_of(row)) and (server is None or server.pk != row.device):
        raise InvalidVolume(reason=f"volume {row.pk} is just being moved. Wait until it is not, then try again.")
    return row, server


def _must_not_be_kept(row: Volume) -> None:
    """For a server that has left its cluster, and is to have it again as it is. Raises :class:`InvalidVolume`."""
    if states.phase(state_of(row)) is Phase.RESERVED:
        advice = states.ADVICE[Phase.RESERVED]
        raise InvalidVolume(reason=f"volume {row.pk} is kept for a server that has left its cluster. {advice}")


def _server_of(caller: Caller, id: str) -> Server | None:
    """The server that has it, held, since it is locked before its volumes. Raises :class:`WrongState` while it is busy. That of
    another tenant's volume, which is unknown, is not looked at."""
    attached = Volume.objects.filter(pk=id, observed=Observed.ATTACHED)
    seen = attached if caller.is_admin else attached.filter(project=caller.project)
    device = seen.values_list("device", flat=True).first()
    return held_idle(caller, device, ON, also=DOWN_HERE) if device else None


def status_of(row: Volume) -> str:
    return row.marked or states.cinder_status(state_of(row))


def must(row: Volume, verb: str, wanted: str, *, marked: tuple[str, ...] = ()) -> None:
    """Cinder's own sentence: which status it should have, and which it has. ``marked``: with one of these marks it may too."""
    state = state_of(row)
    if states.may(state, verb) and (not row.marked or row.marked in marked):
        return
    if is_reserved(row):
        advice = f"Delete its attachment {row.reservation} first."
    elif row.marked:
        advice = "Wait until what is under way is done, or ask an administrator to reset its status."
    else:
        advice = states.ADVICE.get(states.phase(state), "Wait until what is under way is done.")
    raise InvalidVolume(
        reason=f"volume {row.pk} status must be {wanted} to {verb} it, but it is {status_of(row)}. {advice}"
    )


def is_reserved(row: Volume) -> bool:
    """Has it an attachment without a server? A mark alone is what an administrator says."""
    return row.marked == states.TAKEN and bool(row.reservation)


def must_be(row: Volume, *wanted: str, action: str) -> None:
    """The same for what is no command of the backend's."""
    if status_of(row) not in wanted:
        words = " or ".join(wanted)
        raise InvalidVolume(
            reason=f"volume {row.pk} status must be {words} to {action}, but current status is: {status_of(row)}."
        )


def is_placed(row: Volume) -> bool:
    """Has it a disk on a cluster? One that has none is as it was made, since nobody can have written to it."""
    return row.observed != Observed.NONE


def may_be_begun(row: Volume) -> bool:
    """A disk that was to be filled on its cluster, and was not, or one that was given up, may still be there: it is made anew
    there, or deleted."""
    return not is_placed(row) and row.backend_id is not None and (bool(row.file) or row.remains)


def change(caller: Caller, row: Volume, changes: dict[str, Any], what: str = "changed") -> None:
    """Columns that no cluster knows of."""
    if changes:
        Volume.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())
        beginning.note(caller, "volume", row.pk, what, ", ".join(changes))


def amounts(size: int, type: str, *, kind: str = "volumes") -> dict[str, int]:
    """What a volume or a snapshot of ``size`` GiB takes, in all and of its type's. ``type`` empty is the default one."""
    of_type = type or DEFAULT
    return {kind: 1, "gigabytes": size, f"{kind}_{of_type}": 1, f"gigabytes_{of_type}": size}


def check_zone(zone: str) -> None:
    """Empty is any. Raises :class:`BadRequest`."""
    if zone and zone not in {name for name, _ in placement.zones()}:
        raise BadRequest(
            reason=f"Availability zone {clipped(zone)!r} is unknown. Leave it out to have the volume anywhere."
        )


def check_room(project: str, taken: dict[str, int], size: int) -> None:
    """Raises :class:`QuotaExceeded`. ``size`` is that of the volume, of which there may be a largest."""
    quota.check(project, {**taken, "per_volume_gigabytes": size})
