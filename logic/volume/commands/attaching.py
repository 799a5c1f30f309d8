"""Putting volumes on servers and taking them off: child commands, which claim the volume and share the server. A volume's disk is
made on the cluster of its first server, and stays there. Called by Nova's and Cinder's facades; each function is one transaction.
"""

import string
from typing import Any

from django.conf import settings

from logic import clock
from logic.access import Caller, require
from logic.backends import os_parameters
from logic.compute.checks import can
from logic.compute.models import Server
from logic.compute.sharing import PUT_AWAY, held_idle, hypervisor_of
from logic.compute.states import Mode as Shelved
from logic.db import new_id
from logic.errors import BadRequest, NotFound
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import AttachFilledVolume, AttachVolume, DetachVolume
from logic.placement.fitting import GIB, TEMPLATE
from logic.transactions import atomically
from logic.volume import states
from logic.volume.commands.rows import change, held, may_be_begun, must
from logic.volume.models import Volume
from logic.volume.refusals import InvalidVolume
from logic.volume.states import Mode, Observed

ON = "change the volumes of"
RESERVED, RELEASED = "attaching", "detaching"  # marks that announce what then is asked for here


@atomically
def attach_volume(  # noqa: PLR0913 - what may be said of an attachment
    caller: Caller,
    server_id: str,
    volume_id: str,
    *,
    mountpoint: str = "",
    reserved: bool = False,
    goes_along: bool = False,
) -> None:
    """Put a volume on a server. ``mountpoint`` is kept for whoever lists it, empty: the next in order; ``reserved``: it may have
    been, for this; ``goes_along``: it is deleted with the server. Raises :class:`NotFound`, :class:`WrongState` of the server,
    :class:`InvalidVolume`."""
    require(caller, "member", "attach a volume")
    server = held_idle(caller, server_id, ON, also=PUT_AWAY)
    row = held(caller, volume_id)
    if row.project != server.project:
        raise NotFound(kind="volume", id=volume_id)
    must(row, "attach", "available", marked=(RESERVED,) if reserved else ())
    check_content(row)
    template = server.extra_specs.get(TEMPLATE) or server.backend.disk_template or settings.GANETI_DISK_TEMPLATE
    _check_place(row, server, template)
    fresh, away = row.observed == Observed.NONE, server.mode == Shelved.OFFLOADED
    if fresh and not away:
        beginning.settle_in(caller, "volume", row, server.backend)
    Volume.objects.filter(pk=row.pk).update(
        device=server.pk,
        attached_at=clock.now(),
        template=template if fresh else row.template,
        mountpoint=mountpoint or _next_mountpoint(server),
        marked="",
        goes_along=goes_along,
        unmade=False,
    )
    if away:  # it comes there when the server does
        beginning.change_mode(caller, "volume", row, Mode.RESERVED, "reserved")
        return
    command = _ordered(row, server, fresh=fresh)
    can(server.backend, type(command))
    beginning.begin(caller, "volume", row, "attach", command)


def _next_mountpoint(server: Server) -> str:
    """What a guest with virtio's disks most probably calls the next one, as Nova says it: which name it really has, the guest
    decides."""
    own = sum(map(bool, (server.disk or server.root_volume, server.ephemeral, server.swap)))
    own += os_parameters.provider_of(settings.GANETI_OS_PROVIDER).config_disk
    there = Volume.objects.filter(device=server.pk).exclude(observed=Observed.GONE)
    there = there.exclude(observed=Observed.HELD, mode=Mode.NORMAL)
    taken = set(there.values_list("mountpoint", flat=True))
    names = (f"/dev/vd{letter}" for letter in string.ascii_lowercase[own:])
    return next((name for name in names if name not in taken), "")


def _ordered(row: Volume, server: Server, *, fresh: bool) -> AttachVolume:
    """An empty disk is made on the server itself; one with content is filled before it comes there."""
    about: dict[str, Any] = {
        "id": new_id(),
        "resource": row.pk,
        "instance": server.instance,
        "size": row.size * GIB,
        "fresh": fresh,
    }
    if not fresh or not row.file:
        return AttachVolume(**about)
    params = {"img_id": row.file, "img_format": row.format, "img_checksum": row.checksum}
    os, hypervisor = settings.GANETI_OS_PROVIDER, hypervisor_of(server.backend)
    return AttachFilledVolume(**about, os=os, os_params=params, hypervisor=hypervisor)


def check_content(row: Volume) -> None:
    """What its disk would have to be, and cannot. Raises :class:`InvalidVolume`."""
    if row.unread:
        raise InvalidVolume(reason=f"volume {row.pk} has no content (yet). Wait until it is available, or delete it.")
    if row.readonly:
        raise InvalidVolume(
            reason=f"volume {row.pk} is read-only, and servers of this cloud write to every disk that they have. Take the "
            "flag away, or clone the volume."
        )


def zone_of(row: Volume) -> str:
    """The cluster that it is bound to; empty: none yet."""
    settled = row.observed == Observed.HELD or may_be_begun(row)
    return row.zone or (row.backend.name if settled and row.backend else "")


def _check_place(row: Volume, server: Server, template: str) -> None:
    """A disk does not leave its cluster, nor does Ganeti have disks of two kinds on one instance."""
    zone = zone_of(row)
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
def change_attachment(caller: Caller, server_id: str, volume_id: str, *, goes_along: bool) -> None:
    """Is it deleted with the server that it is on? Raises :class:`NotFound`, :class:`WrongState` of the server."""
    require(caller, "member", "change the attachment of a volume")
    server = held_idle(caller, server_id, ON, also=PUT_AWAY)
    row = _on(caller, server, volume_id)
    change(caller, row, {"goes_along": goes_along}, "attachment changed")


def _on(caller: Caller, server: Server, volume_id: str) -> Volume:
    row = held(caller, volume_id)
    if row.device != server.pk or not states.is_on_server(state_of(row)):
        raise NotFound(kind="volume of this server", id=volume_id)
    return row


@atomically
def detach_volume(caller: Caller, server_id: str, volume_id: str, *, released: bool = False) -> None:
    """Take it off a server. ``released``: whatever it is marked as.

    Raises :class:`NotFound`, :class:`WrongState` of the server, :class:`InvalidVolume`."""
    require(caller, "member", "detach a volume")
    server = held_idle(caller, server_id, ON, also=PUT_AWAY)
    row = _on(caller, server, volume_id)
    if row.pk == server.root_volume:
        raise BadRequest(reason="Cannot detach a root device volume. Delete the server instead; the volume may stay.")
    if server.mode == Shelved.OFFLOADED:
        _released(caller, row)
        return
    must(row, "detach", "in-use", marked=(row.marked,) if released else ())
    if row.marked or row.unmade:
        Volume.objects.filter(pk=row.pk).update(marked="", unmade=False)
    command = DetachVolume(
        id=new_id(), resource=row.pk, instance=server.instance, hypervisor=hypervisor_of(server.backend)
    )
    beginning.begin(caller, "volume", row, "detach", command)


def _released(caller: Caller, row: Volume) -> None:
    """By a server that is on no cluster: it is kept already, or has no disk yet."""
    Volume.objects.filter(pk=row.pk).update(device="", marked="")
    beginning.let_go(caller, "volume", row, Observed.NONE if row.observed == Observed.NONE else Observed.HELD)
