"""Servers that have left their cluster when they were shelved, made again of the image of their disk: with their id, ports,
addresses, keys and user data, where there is room. The instance has another name than the one before, so that whatever is still
told of that is not about this one (docs/decisions/0048). Called by ``shelving`` in its transaction.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.conf import settings

from logic.access import Caller, operator, require
from logic.backends import os_parameters
from logic.compute import agents, guests, offloading
from logic.compute.checks import can
from logic.compute.models import KeyPair, Server, ServerNumber, Shelf
from logic.compute.sharing import hypervisor_of
from logic.db import new_id
from logic.errors import BadRequest, Conflict, NotFound
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.ledger.store import store
from logic.messages.commands import CreateServer, CreateServerHaving, NicSpec, VolumeSpec
from logic.network import commands as network
from logic.placement import queries as placement
from logic.placement.fitting import GIB, TEMPLATE
from logic.placement.models import Backend
from logic.volume.commands.attaching import zone_of
from logic.volume.commands.equipping import content
from logic.volume.commands.rows import is_placed
from logic.volume.models import Volume
from logic.volume.states import Mode as Kept


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where it is made again. ``zone`` None: as it was asked for when it was made; empty: anywhere from now on; else there from
    now on. ``host`` is for administrators; a host is a cluster, as a zone is."""

    zone: str | None = None
    host: str = ""


def restore(caller: Caller, server: Server, target: Target) -> None:
    """Raises :class:`Forbidden`, :class:`BadRequest`, :class:`Unavailable`; :class:`Conflict` while what is left of an attempt is
    being removed, and when its image is not there."""
    if target.host:
        require(caller, "admin", "unshelve a server to a host")
    _check_clear(server)
    image, rows = (None if server.root_volume else _image(server)), offloading.volumes_of(server)
    _check_volumes(server, rows)
    pinned = server.pinned_zone if target.zone is None else target.zone
    backend = _chosen(server, pinned, target.host, rows)
    can(backend, CreateServerHaving if rows else CreateServer)
    if store().unsettled([server.pk]):
        raise Conflict(reason=f"Something is not over yet that was done to server {server.pk}. Try again in a minute.")
    _go_to(caller, server, backend, pinned)
    nics = network.bring_along(caller, backend, server)
    command = _creation(server, backend, image, nics, [_spec(caller, row, server, backend) for row in _held(rows)])
    beginning.begin(caller, "server", server, "unshelve-anew", command)
    offloading.returning(server, command.id)


def _check_clear(server: Server) -> None:
    shelf = Shelf.objects.select_for_update().filter(pk=server.pk).first()
    if shelf and not offloading.is_clear(shelf):
        raise Conflict(
            reason=f"What is left of the last attempt to unshelve server {server.pk} is being removed. Try again in a minute."
        )


def _check_volumes(server: Server, rows: Sequence[Volume]) -> None:
    """All that it has are its own, and at rest; so is the one that it boots from."""
    wrong = [row.pk for row in rows if row.mode != Kept.RESERVED or row.command]
    if wrong:
        raise Conflict(reason=f"Volume {wrong[0]} of server {server.pk} is in error. Look after it first.")
    if server.root_volume and not (rows and rows[0].pk == server.root_volume and is_placed(rows[0])):
        raise Conflict(reason=f"The volume that server {server.pk} boots from is gone. Delete the server.")


def _held(rows: Sequence[Volume]) -> list[Volume]:
    """In the order that they have; locked in that of locks."""
    locked = {id: beginning.hold("volume", id) for id in sorted(row.pk for row in rows)}
    return [locked[row.pk] for row in rows]


def _spec(caller: Caller, row: Volume, server: Server, backend: Backend) -> VolumeSpec:
    """One that has no disk yet is made on this cluster."""
    fresh = not is_placed(row)
    if fresh and row.backend_id != backend.pk:
        beginning.settle_in(caller, "volume", row, backend)
    if fresh:
        Volume.objects.filter(pk=row.pk).update(template=_template(server, backend))
    return VolumeSpec(id=row.pk, size=row.size * GIB, fresh=fresh, os_params=content(row) if fresh else {})


def _image(server: Server) -> ImageInfo:
    shelf = Shelf.objects.filter(pk=server.pk).first()
    held = offloading.held_image(shelf) if shelf else None
    if held is None:
        raise Conflict(reason=f"The image of server {server.pk} is gone. Delete the server.")
    image = images.image(operator("unshelve"), held.pk)
    if image.status != offloading.READY:
        raise Conflict(
            reason=f"The image {image.id} of server {server.pk} is {image.status}. Have it reactivated first."
        )
    return image


def _chosen(server: Server, zone: str, host: str, rows: Sequence[Volume]) -> Backend:
    """Where its volumes are. Rather where it was; who wished for a place beside or apart from others stays there."""
    before, there = server.backend, {place for place in map(zone_of, rows) if place}
    asked = {place for place in (zone, host) if place}
    if len(there | asked) > 1:
        names = " and ".join(sorted(there | asked))
        raise BadRequest(
            reason=f"A volume stays in its availability zone: the server cannot be in {names}. Choose others."
        )
    only = frozenset({host}) if host else frozenset(there) or None
    if server.hints and not only and not zone:
        only = frozenset({before.name})
    new = sum(row.size for row in rows if not is_placed(row))
    needs = placement.Needs(
        memory=server.ram,
        disk=((0 if server.root_volume else server.disk) + server.ephemeral + new) * GIB + server.swap,
        vcpus=server.vcpus,
        zone=zone,
        project=server.project,
        template=server.extra_specs.get(TEMPLATE, "") or next((row.template for row in rows if is_placed(row)), ""),
        default=settings.GANETI_DISK_TEMPLATE,
        only=only,
        liked={before.name: 1},
    )
    if host and not Backend.objects.filter(name=host).exists():
        raise BadRequest(reason=f"Compute host {host} could not be found. List them with `openstack hypervisor list`.")
    try:
        return placement.choose(needs)
    except NotFound:
        raise BadRequest(
            reason=f"The requested availability zone {zone} is not available. List them with `openstack availability zone list`."
        ) from None


def _go_to(caller: Caller, server: Server, backend: Backend, pinned: str) -> None:
    """Under a name that no instance ever had."""
    server.number = ServerNumber.objects.create().pk
    columns: dict[str, Any] = {"number": server.number, "availability_zone": backend.name, "pinned_zone": pinned}
    Server.objects.filter(pk=server.pk).update(**columns)
    if (server.backend_id, server.incarnation) != (backend.pk, backend.incarnation):
        beginning.settle_in(caller, "server", server, backend)


def _template(server: Server, backend: Backend) -> str:
    template: str = server.extra_specs.get(TEMPLATE) or backend.disk_template or settings.GANETI_DISK_TEMPLATE
    return template


def _creation(
    server: Server, backend: Backend, image: ImageInfo | None, nics: tuple[NicSpec, ...], having: Sequence[VolumeSpec]
) -> CreateServer:
    """It boots from the first of its volumes if there is no image."""
    kept = next((row.template for row in offloading.volumes_of(server) if is_placed(row) and row.template), "")
    about: dict[str, Any] = {
        "id": new_id(),
        "resource": server.pk,
        "instance": server.instance,
        "memory": server.ram,
        "vcpus": server.vcpus,
        "disks": (server.disk * GIB,) if image else (),
        "ephemeral": server.ephemeral * GIB,
        "swap": server.swap,
        "nics": nics,
        "os": settings.GANETI_OS_PROVIDER,
        "disk_template": server.extra_specs.get(TEMPLATE) or kept or _template(server, backend),
        "agent": agents.are_told(server.image_properties),
        "hypervisor": hypervisor_of(backend),
        "os_params": _os_params(server, image),
    }
    return CreateServerHaving(**about, volumes=tuple(having), root=not image) if having else CreateServer(**about)


def _os_params(server: Server, image: ImageInfo | None) -> dict[str, str]:
    """What its guest was told before. Its password is on the disk."""
    params = guests.image_parameters(image) if image else {}
    hostname = server.hostname or guests.hostname(server.name, server.pk)
    params |= {"hostname": hostname, "instance_id": server.pk, "cloud_userdata": server.user_data}
    key = KeyPair.objects.filter(user=server.user, name=server.key_name, type="ssh").first()
    params["auth_keys"] = key.public_key if key else ""
    lost = os_parameters.undeliverable(settings.GANETI_OS_PROVIDER, params)
    if lost:
        raise BadRequest(reason=f"{' and '.join(lost).capitalize()} cannot be brought to servers of this cloud.")
    return {name: value for name, value in params.items() if value}
