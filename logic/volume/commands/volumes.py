"""Volumes made, described, made larger, of another type, and deleted. A volume is only a row until it is put on its first server,
on whose cluster its disk is then made and stays. Called by the API facades. Refusals are raised before anything is written.
"""

from typing import cast

import msgspec

from logic.access import Caller, require
from logic.compute.checks import can, check_metadata
from logic.compute.models import Server
from logic.db import new_id
from logic.errors import BadRequest, NotFound, clipped
from logic.image import capturing
from logic.ledger import beginning, holdings
from logic.ledger.store import store
from logic.messages.commands import DeleteVolume, ExtendVolume
from logic.placement.fitting import GIB
from logic.quota import commands as quota
from logic.transactions import atomically
from logic.volume.commands import bringing, grouping, qos, scheduling, sources
from logic.volume.commands.rows import (
    IN_TROUBLE,
    amounts,
    change,
    check_room,
    check_zone,
    held,
    held_at_rest,
    is_placed,
    may_be_begun,
    must,
    must_be,
)
from logic.volume.commands.sources import Source
from logic.volume.models import Snapshot, Transfer, Volume
from logic.volume.queries import types
from logic.volume.queries.types import TypeInfo
from logic.volume.refusals import InvalidInput, InvalidVolume

LARGEST = 2**20  # GiB: no disk is as large, and Ganeti's MiB stay far from any limit of numbers
# Extra specs by which Cinder's types ask for what no volume of this cloud is.
IMPOSSIBLE = {"multiattach": "on several servers", "replication_enabled": "replicated", "replication": "replicated"}


class NewVolume(msgspec.Struct, frozen=True, kw_only=True):
    """A volume asked for, of ``size`` GiB (None: as large as what it is made of). ``zone`` empty: wherever its first server is;
    ``type`` empty: the project's default. It begins with what at most one of ``image``, ``snapshot``, ``source`` and ``backup``
    has."""

    size: int | None = None
    name: str = ""
    description: str | None = None
    metadata: dict[str, str] = {}
    zone: str = ""
    type: str = ""
    image: str = ""
    snapshot: str = ""
    source: str = ""
    backup: str = ""
    group: str = ""


@atomically
def create_volume(caller: Caller, wanted: NewVolume) -> str:
    """Its id. One whose type asks for what no cluster has is in error, as Cinder's are. Raises :class:`BadRequest`,
    :class:`NotFound`, :class:`NotSupported`, :class:`QuotaExceeded`."""
    require(caller, "member", "create a volume")
    if wanted.size is not None:
        _check_size(wanted.size)
    source = _source(caller, wanted)
    size = _sized(wanted, source)
    check_zone(wanted.zone)
    kind = _type_of(caller, wanted.type, source)
    group = grouping.group_held(caller, wanted.group) if wanted.group else None
    if group:
        grouping.check_new(group, caller, wanted.type, kind.id, wanted.zone)
    left = scheduling.fitting(kind)
    homeless = left is not None and (wanted.zone not in left if wanted.zone else not left)
    row = Volume(
        project=caller.project,
        user=caller.user,
        size=size,
        type="" if kind.id == types.DEFAULT else kind.id,
        name=wanted.name,
        description=wanted.description,
        metadata=wanted.metadata,
        zone=wanted.zone or (left[0] if left is not None and len(left) == 1 else ""),
        marked="error" if homeless else bringing.WAITS if source.read else "",
        group=wanted.group,
        **source.columns,
    )
    taken = amounts(size, row.type)
    check_room(caller.project, taken, size)
    check_metadata(wanted.metadata, 0)
    beginning.enrol(caller, "volume", [row], None)
    quota.record(caller.project, {row.pk: taken})
    sources.keep("volume", row)
    if homeless:
        scheduling.tell_no_backend(caller, row)
    elif source.read:
        bringing.begin(caller, *source.read, bringing.Holder("volume", row.pk))
    return row.pk


def _source(caller: Caller, wanted: NewVolume) -> Source:
    given = [name for name in ("snapshot", "source", "image", "backup") if getattr(wanted, name)]
    if len(given) > 1:
        raise InvalidInput(reason=f"a volume is made of one thing, not of {' and '.join(given)}. Leave the others out.")
    if wanted.snapshot:
        return sources.of_snapshot(caller, wanted.snapshot)
    if wanted.source:
        return sources.of_volume(caller, wanted.source)
    if wanted.backup:
        return sources.of_backup(caller, wanted.backup)
    return sources.of_image(caller, wanted.image, wanted.size) if wanted.image else Source()


def _sized(wanted: NewVolume, source: Source) -> int:
    size = wanted.size if wanted.size is not None or wanted.image else source.least or None
    if size is None:
        raise BadRequest(reason=f"The field volume.size is required: from 1 to {LARGEST} (GiB).")
    if size < source.least:
        raise InvalidInput(
            reason=f"Volume size '{size}'GB cannot be smaller than what it is made of, of {source.least}GB."
        )
    return size


def _check_size(size: int) -> None:
    if not 0 < size <= LARGEST:
        raise BadRequest(reason=f"The size of a volume must be from 1 to {LARGEST} GiB, not {size}.")


def _type_of(caller: Caller, asked: str, source: Source) -> TypeInfo:
    """Raises :class:`NotFound`, :class:`InvalidInput` for one that asks for what there is not."""
    if asked:
        found = types.named(caller, asked)
    else:
        found = types.volume_type(caller, source.type) if source.type else types.default_type(caller)
    _check_type(found)
    return found


def _check_type(kind: TypeInfo) -> None:
    for key, what in IMPOSSIBLE.items():
        if kind.extra_specs.get(key, "").lower().replace(" ", "") in {"<is>true", "true"}:
            raise InvalidInput(
                reason=f"volumes of type {kind.name} are {what}, which none of this cloud can be. Choose another type."
            )
    if limits := qos.limits_of(kind):
        raise InvalidInput(
            reason=f"volumes of type {kind.name} are limited by the QoS specs {limits}, which no cluster of this cloud keeps. "
            "Choose another type."
        )


@atomically
def change_volume(caller: Caller, id: str, changes: dict[str, object]) -> None:
    """``name``, ``description``, ``metadata``: no cluster knows of them. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a volume")
    row = held(caller, id)
    if "metadata" in changes:
        check_metadata(cast(dict[str, str], changes["metadata"]), len(row.metadata))
    change(caller, row, changes)


@atomically
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a volume's metadata")
    row = held(caller, id)
    metadata = items if replace else {**row.metadata, **items}
    check_metadata(metadata, len(row.metadata))
    change(caller, row, {"metadata": metadata})
    return metadata


@atomically
def delete_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the volume and for the key."""
    require(caller, "member", "change a volume's metadata")
    row = held(caller, id)
    if key not in row.metadata:
        raise NotFound(kind="metadata item", id=key)
    change(caller, row, {"metadata": {name: value for name, value in row.metadata.items() if name != key}})


@atomically
def extend_volume(caller: Caller, id: str, size: int, *, attached: bool = False) -> None:
    """``attached``: one that is on a server too. Raises :class:`NotFound`, :class:`InvalidVolume`, :class:`InvalidInput`,
    :class:`QuotaExceeded`."""
    require(caller, "member", "extend a volume")
    row, _ = held_at_rest(caller, id, attached=attached, action="extend")
    if size <= row.size:
        sizes = f"(current: {row.size}, extended: {size})"
        raise InvalidInput(reason=f"New size for extend must be greater than current size. {sizes}")
    _check_size(size)
    before, after = amounts(row.size, row.type), amounts(size, row.type)
    check_room(row.project, {name: after[name] - before[name] for name in after}, size)
    holdings.hold(row.project, row.pk, after)
    if not is_placed(row):
        change(caller, row, {"size": size}, "extended")
        return
    last = Server.objects.filter(pk=row.device).first()
    command = ExtendVolume(id=new_id(), resource=row.pk, instance=last.instance if last else "", size=size * GIB)
    can(row.backend, ExtendVolume)
    change(caller, row, {"other_size": size}, "extended")
    beginning.begin(caller, "volume", row, "extend", command)


@atomically
def retype_volume(caller: Caller, id: str, type: str) -> None:
    """Types differ in what is counted for them, and in nothing that a cluster knows of. Raises :class:`NotFound`,
    :class:`InvalidVolume`, :class:`InvalidInput`, :class:`QuotaExceeded`."""
    require(caller, "member", "retype a volume")
    row = held(caller, id)
    must_be(row, "available", "in-use", action="retype")
    kind = types.named(caller, type)
    new = "" if kind.id == types.DEFAULT else kind.id
    if new == row.type:
        raise InvalidInput(reason=f"New volume_type same as original: {clipped(type)}.")
    _check_type(kind)
    grouping.check_change(row, new)
    before, after = amounts(row.size, row.type), amounts(row.size, new)
    quota.check(row.project, {name: amount for name, amount in after.items() if name not in before})
    holdings.hold(row.project, row.pk, dict.fromkeys(before, 0) | after)
    change(caller, row, {"type": new}, "retyped")


@atomically
def delete_volume(caller: Caller, id: str, *, cascade: bool = False) -> None:
    """``cascade``: with its snapshots. Deleting what is being deleted changes nothing. Raises :class:`NotFound`,
    :class:`InvalidVolume`."""
    require(caller, "member", "delete a volume")
    row = held(caller, id)
    grouping.must_be_alone(row, "deleted")
    delete_row(caller, row, cascade=cascade, marked=IN_TROUBLE)


@atomically
def force_delete_volume(caller: Caller, id: str) -> None:
    """Whatever its status is said to be; not while a server has it. Raises as :func:`delete_volume`, and :class:`Forbidden`."""
    require(caller, "admin", "delete a volume by force")
    row = held(caller, id)
    grouping.must_be_alone(row, "deleted")
    delete_row(caller, row, cascade=False, marked=(row.marked,))


def delete_row(caller: Caller, row: Volume, *, cascade: bool, marked: tuple[str, ...]) -> None:
    """One that the caller holds; ``marked``: with one of these marks too. Raises :class:`InvalidVolume`."""
    if row.verb == "delete":
        return
    must(row, "delete", "available or error", marked=marked)
    _leave_snapshots(row, cascade=cascade)
    Transfer.objects.filter(volume=row.pk).delete()
    capturing.leave(row.pk)  # what has been on a server has it on its disk
    if not is_placed(row) and not may_be_begun(row):
        beginning.end(caller, "volume", row)
        return
    last = Server.objects.filter(pk=row.device).first()
    command = DeleteVolume(id=new_id(), resource=row.pk, instance=last.instance if last else "")
    beginning.begin(caller, "volume", row, "delete", command)


def _leave_snapshots(row: Volume, *, cascade: bool) -> None:
    snapshots = Snapshot.objects.select_for_update().filter(volume=row.pk).order_by("pk")
    theirs = [one.pk for one in snapshots if one.project == row.project or not cascade]
    if len(theirs) < len(snapshots) or (theirs and not cascade):
        raise InvalidVolume(
            reason=f"Volume status must be available or error, and it must not have snapshots: {row.pk} has "
            f"{len(snapshots)}. Delete them first, or with it (cascade)."
        )
    for id in theirs:
        capturing.leave(id)
    snapshots.delete()
    store().release(theirs)
