"""Volumes that servers are made with: those there are and those made for it, gathered before a cluster is chosen, and then
awaited with their servers. Called by ``logic.compute.creating``, in its transaction. What became of them is looked for when the
making has ended (``logic.reconcile.volumes``).
"""

import datetime
import string
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller
from logic.backends import os_parameters
from logic.compute import guests
from logic.compute.models import Server
from logic.errors import BadRequest, NotFound
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.messages.commands import VolumeSpec
from logic.placement.fitting import GIB
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.volume.commands import composing
from logic.volume.commands.attaching import check_content, zone_of
from logic.volume.commands.rows import held, is_placed, must
from logic.volume.commands.volumes import NewVolume, create_volume
from logic.volume.models import Volume
from logic.volume.states import Mode

WHAT: Final = "awaits its server"  # in the journal


class NewDisk(msgspec.Struct, frozen=True, kw_only=True):
    """A volume to make a server with: one there is, or a new one of ``size`` GiB (None: as large as what it is made of) and of
    this ``type``, with what a snapshot or an image has, or empty. ``root``: it is booted from; ``goes_along``: it is deleted
    with the server; ``mountpoint`` is what it is called there (empty: the next in order)."""

    volume: str = ""
    snapshot: str = ""
    image: str = ""
    size: int | None = None
    type: str = ""
    root: bool = False
    goes_along: bool = False
    mountpoint: str = ""


class Kit(msgspec.Struct, frozen=True):
    """The volumes of one server, held, and what was asked of each; the one that it boots from first."""

    rows: tuple[Volume, ...] = ()
    disks: tuple[NewDisk, ...] = ()

    @property
    def root(self) -> Volume | None:
        return self.rows[0] if self.disks and self.disks[0].root else None

    @property
    def zones(self) -> set[str]:
        """Where they have to be."""
        return {zone for zone in map(zone_of, self.rows) if zone}

    @property
    def template(self) -> str:
        """What those that have disks have, empty where that is not known. Raises :class:`BadRequest` for several."""
        found = {row.template for row in self.rows if is_placed(row) and row.template}
        if len(found) > 1:
            raise BadRequest(
                reason=f"These volumes are disks of different kinds ({', '.join(sorted(found))}). No server has both."
            )
        return found.pop() if found else ""

    @property
    def new_space(self) -> int:
        """MiB that they take on their cluster, beside what they have."""
        return sum(row.size * GIB for row in self.rows if not is_placed(row))


def unfolded(image: ImageInfo) -> list[NewDisk]:
    """What an image without content names (``composing``). Raises :class:`BadRequest`."""
    return [
        NewDisk(
            snapshot=part.snapshot_id,
            size=part.volume_size,
            root=part.is_root,
            goes_along=bool(part.delete_on_termination),
            mountpoint=part.device_name or "",
        )
        for part in composing.parts(image)
    ]


def gathered(caller: Caller, disks: Sequence[NewDisk], count: int) -> list[Kit]:
    """For ``count`` servers. Raises :class:`BadRequest`, :class:`InvalidVolume`, :class:`QuotaExceeded`."""
    if not disks:
        return [Kit()] * count
    named = [disk.volume for disk in disks if disk.volume]
    if named and count > 1:
        raise BadRequest(reason="Cannot attach one or more volumes to multiple instances. Make them one by one.")
    if twice := next((id for id in named if named.count(id) > 1), ""):
        raise BadRequest(reason=f"Block Device Mapping is Invalid: volume {twice} is named twice. Name it once.")
    ordered = tuple(sorted(disks, key=lambda disk: not disk.root))
    _check_together(caller, [disk for disk in disks if not disk.volume] * count)
    existing = {id: _existing(caller, id) for id in sorted(named)}  # in the order of locks
    return [
        Kit(
            tuple(_taken(existing[disk.volume] if disk.volume else _new(caller, disk), disk) for disk in ordered),
            ordered,
        )
        for _ in range(count)
    ]


def _check_together(caller: Caller, new: Sequence[NewDisk]) -> None:
    """Is there room for all of them? Each is counted where it is made, which tells of those before it as used: that is left
    to what is as large as its source. Raises :class:`QuotaExceeded`."""
    if len(new) > 1:
        sizes = [disk.size for disk in new if disk.size]
        known = {"gigabytes": sum(sizes)} if len(sizes) == len(new) else {}
        quota.check(caller.project, {"volumes": len(new), **known})


def _existing(caller: Caller, id: str) -> Volume:
    try:
        row = held(caller, id)
    except NotFound:
        row = None
    if row is None or row.project != caller.project:
        raise BadRequest(reason=f"Block Device Mapping is Invalid: failed to get volume {id}.")
    must(row, "attach", "available")
    check_content(row)
    return row


def _new(caller: Caller, disk: NewDisk) -> Volume:
    wanted = NewVolume(size=disk.size, type=disk.type, snapshot=disk.snapshot, image=disk.image)
    try:
        row = held(caller, create_volume(caller, wanted))
    except NotFound as error:
        raise BadRequest(reason=f"Block Device Mapping is Invalid: {error}") from None
    if row.marked:
        raise BadRequest(
            reason="Block Device Mapping is Invalid: no cluster has such volumes. Choose another volume type."
        )
    return row


def _taken(row: Volume, disk: NewDisk) -> Volume:
    if disk.root and not row.bootable:
        which = disk.volume or "that would be made for it"
        raise BadRequest(reason=f"Block Device {which} is not bootable. Choose a volume that was made of an image.")
    if disk.volume and disk.size not in {None, row.size}:
        raise BadRequest(reason=f"Volume {row.pk} has {row.size} GiB, not {disk.size}. Leave out its volume_size.")
    return row


def root_parameters(row: Volume) -> dict[str, str]:
    """What the OS definition is told of what a server boots from: nothing if it is there already."""
    return {} if is_placed(row) else content(row)


def content(row: Volume) -> dict[str, str]:
    if not row.file:
        return {}
    return guests.content_parameters(row.file, row.format, row.checksum, row.image_metadata or {})


def awaited(
    caller: Caller, kits: Iterable[tuple[Server, Kit]], backend: Backend, template: str
) -> dict[str, list[VolumeSpec]]:
    """Each is its server's from now on; by the ids of servers, what these are to be made with."""
    return {
        server.pk: [_awaited(caller, server, kit, place, backend, template) for place in range(len(kit.rows))]
        for server, kit in kits
    }


def _awaited(  # noqa: PLR0913 - what, whose, and where
    caller: Caller, server: Server, kit: Kit, place: int, backend: Backend, template: str
) -> VolumeSpec:
    row, disk, fresh = kit.rows[place], kit.disks[place], not is_placed(kit.rows[place])
    if fresh:
        beginning.settle_in(caller, "volume", row, backend)
    columns: dict[str, Any] = {
        "device": server.pk,
        "attached_at": clock.now() + datetime.timedelta(microseconds=place),  # which is how they are listed
        "mountpoint": disk.mountpoint or _mountpoint(server, kit, place),
        "template": template if fresh else row.template,
        "goes_along": disk.goes_along,
        "unmade": False,
    }
    Volume.objects.filter(pk=row.pk).update(**columns)
    beginning.change_mode(caller, "volume", row, Mode.AWAITED, WHAT)
    return VolumeSpec(id=row.pk, size=row.size * GIB, fresh=fresh, os_params=content(row) if fresh else {})


def _mountpoint(server: Server, kit: Kit, place: int) -> str:
    """As :func:`attaching.next_mountpoint` has it."""
    if kit.root and not place:
        return "/dev/vda"
    letter = place + os_parameters.provider_of(settings.GANETI_OS_PROVIDER).config_disk
    letter += sum(map(bool, (server.disk and not kit.root, server.ephemeral, server.swap)))
    return f"/dev/vd{string.ascii_lowercase[letter]}" if letter < len(string.ascii_lowercase) else ""
