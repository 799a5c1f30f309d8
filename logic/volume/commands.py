"""What may be asked of volumes: each function is one transaction. A volume is only a row until it is put on its first server, on
whose cluster its disk is then made and stays. Putting it on a server and taking it off are child commands: they claim the volume
and share the server.

Called by the API facades. Refusals are raised before anything is written.
"""

from typing import cast

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller, require
from logic.compute.checks import can, check_metadata
from logic.compute.models import Server
from logic.compute.sharing import held_idle, hypervisor_of
from logic.db import new_id
from logic.errors import BadRequest, NotFound, clipped
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import AttachVolume, DeleteVolume, DetachVolume
from logic.placement import queries as placement
from logic.placement.fitting import GIB, TEMPLATE
from logic.quota import commands as quota
from logic.transactions import atomically
from logic.volume import states
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.states import Observed, Phase

LARGEST = 2**20  # GiB: no disk is as large, and Ganeti's MiB stay far from any limit of numbers
ON = "change the volumes of"


class NewVolume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume asked for, of ``size`` GiB. ``zone`` empty: wherever its first server is."""

    size: int
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    zone: str = ""


@atomically
def create_volume(caller: Caller, wanted: NewVolume) -> str:
    """Its id. Raises :class:`BadRequest`, :class:`QuotaExceeded`."""
    require(caller, "member", "create a volume")
    if not 0 < wanted.size <= LARGEST:
        raise BadRequest(reason=f"The size of a volume must be from 1 to {LARGEST} GiB, not {wanted.size}.")
    if wanted.zone and wanted.zone not in {name for name, _ in placement.zones()}:
        raise BadRequest(
            reason=f"Availability zone {clipped(wanted.zone)!r} is unknown. Leave it out to have the volume anywhere."
        )
    amounts = {"volumes": 1, "gigabytes": wanted.size}
    quota.check(caller.project, amounts)
    check_metadata(wanted.metadata, 0)
    row = Volume(project=caller.project, user=caller.user, **msgspec.structs.asdict(wanted))
    beginning.enrol(caller, "volume", [row], None)
    quota.record(caller.project, {row.pk: amounts})
    return row.pk


@atomically
def change_volume(caller: Caller, id: str, changes: dict[str, object]) -> None:
    """``name``, ``description``, ``metadata``: no cluster knows of them. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a volume")
    row = _held(caller, id)
    if "metadata" in changes:
        check_metadata(cast(dict[str, str], changes["metadata"]), len(row.metadata))
    _change(caller, row, changes)


@atomically
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a volume's metadata")
    row = _held(caller, id)
    metadata = items if replace else {**row.metadata, **items}
    check_metadata(metadata, len(row.metadata))
    _change(caller, row, {"metadata": metadata})
    return metadata


@atomically
def delete_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the volume and for the key."""
    require(caller, "member", "change a volume's metadata")
    row = _held(caller, id)
    if key not in row.metadata:
        raise NotFound(kind="metadata item", id=key)
    _change(caller, row, {"metadata": {name: value for name, value in row.metadata.items() if name != key}})


def _change(caller: Caller, row: Volume, changes: dict[str, object]) -> None:
    if changes:
        Volume.objects.filter(pk=row.pk).update(**changes, updated_at=clock.now())
        beginning.note(caller, "volume", row.pk, "changed", ", ".join(changes))


@atomically
def delete_volume(caller: Caller, id: str) -> None:
    """Deleting what is being deleted changes nothing. Raises :class:`NotFound`, :class:`InvalidVolume`."""
    require(caller, "member", "delete a volume")
    row = _held(caller, id)
    if row.verb == "delete":
        return
    _must(row, "delete", "available or error")
    if row.observed == Observed.NONE:
        beginning.end(caller, "volume", row)
        return
    last = Server.objects.filter(pk=row.device).first()
    command = DeleteVolume(id=new_id(), resource=row.pk, instance=last.instance if last else "")
    beginning.begin(caller, "volume", row, "delete", command)


@atomically
def attach_volume(caller: Caller, server_id: str, volume_id: str) -> None:
    """Put a volume on a server. Raises :class:`NotFound`, :class:`WrongState` of the server, :class:`InvalidVolume`."""
    require(caller, "member", "attach a volume")
    server = held_idle(caller, server_id, ON)
    can(server.backend, AttachVolume)
    row = _held(caller, volume_id)
    if row.project != server.project:
        raise NotFound(kind="volume", id=volume_id)
    _must(row, "attach", "available")
    template = server.extra_specs.get(TEMPLATE) or server.backend.disk_template or settings.GANETI_DISK_TEMPLATE
    _check_place(row, server, template)
    fresh = row.observed == Observed.NONE
    if fresh:
        beginning.settle_in(caller, "volume", row, server.backend)
    Volume.objects.filter(pk=row.pk).update(
        device=server.pk, attached_at=clock.now(), template=template if fresh else row.template
    )
    command = AttachVolume(id=new_id(), resource=row.pk, instance=server.instance, size=row.size * GIB, fresh=fresh)
    beginning.begin(caller, "volume", row, "attach", command)


def _check_place(row: Volume, server: Server, template: str) -> None:
    """A disk does not leave its cluster, nor does Ganeti have disks of two kinds on one instance."""
    zone = row.zone or (row.backend.name if row.observed == Observed.HELD else "")
    if zone and zone != server.backend.name:
        raise InvalidVolume(
            reason=f"volume {row.pk} is in availability zone {zone} and server {server.pk} in {server.backend.name}. "
            "A volume stays in the zone of its first server: choose a server there, or a new volume."
        )
    if row.observed == Observed.HELD and row.template != template:
        raise InvalidVolume(
            reason=f"the disk of volume {row.pk} is kept as {row.template} and those of server {server.pk} as {template}. "
            "Choose a server of a flavor like that of its first server."
        )


@atomically
def detach_volume(caller: Caller, server_id: str, volume_id: str) -> None:
    """Take it off a server. Raises :class:`NotFound`, :class:`WrongState` of the server, :class:`InvalidVolume`."""
    require(caller, "member", "detach a volume")
    server = held_idle(caller, server_id, ON)
    row = _held(caller, volume_id)
    if row.device != server.pk or states.phase(state_of(row)) not in states.ON_SERVER:
        raise NotFound(kind="volume of this server", id=volume_id)
    _must(row, "detach", "in-use")
    command = DetachVolume(
        id=new_id(), resource=row.pk, instance=server.instance, hypervisor=hypervisor_of(server.backend)
    )
    beginning.begin(caller, "volume", row, "detach", command)


def _must(row: Volume, verb: str, wanted: str) -> None:
    """Cinder's own sentence: which status it should have, and which it has."""
    state = state_of(row)
    if not states.may(state, verb):
        advice = states.ADVICE.get(states.phase(state), "Wait until what is under way is done.")
        raise InvalidVolume(
            reason=f"volume {row.pk} status must be {wanted} to {verb} it, but it is {states.cinder_status(state)}. {advice}"
        )


def _held(caller: Caller, id: str) -> Volume:
    """The row, locked. Another tenant's volume is as unknown as one that never was; so is a deleted one."""
    row: Volume = beginning.hold("volume", id)
    gone = states.phase(state_of(row)) is Phase.GONE
    if gone or (row.project != caller.project and not caller.is_admin):
        raise NotFound(kind="volume", id=id)
    return row
