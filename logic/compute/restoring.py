"""Servers that have left their cluster when they were shelved, made again of the image of their disk: with their id, ports,
addresses, keys and user data, where there is room. The instance has another name than the one before, so that whatever is still
told of that is not about this one (docs/decisions/0048). Called by ``shelving`` in its transaction.
"""

from typing import Any

import msgspec
from django.conf import settings

from logic.access import Caller, operator, require
from logic.backends import os_parameters
from logic.compute import guests, offloading
from logic.compute.checks import can
from logic.compute.models import KeyPair, Server, ServerNumber, Shelf
from logic.db import new_id
from logic.errors import BadRequest, Conflict, NotFound
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.ledger.store import store
from logic.messages.commands import CreateServer, NicSpec
from logic.network import commands as network
from logic.placement import queries as placement
from logic.placement.fitting import GIB, TEMPLATE
from logic.placement.models import Backend


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
    image = _image(server)
    pinned = server.pinned_zone if target.zone is None else target.zone
    backend = _chosen(server, pinned, target.host)
    can(backend, CreateServer)
    if store().unsettled([server.pk]):
        raise Conflict(reason=f"Something is not over yet that was done to server {server.pk}. Try again in a minute.")
    _go_to(caller, server, backend, pinned)
    nics = network.bring_along(caller, backend, server)
    command = _creation(server, backend, image, nics)
    beginning.begin(caller, "server", server, "unshelve-anew", command)
    offloading.returning(server, command.id)


def _image(server: Server) -> ImageInfo:
    shelf = Shelf.objects.select_for_update().filter(pk=server.pk).first()
    if shelf and not offloading.is_clear(shelf):
        raise Conflict(
            reason=f"What is left of the last attempt to unshelve server {server.pk} is being removed. Try again in a minute."
        )
    try:
        image = images.image(operator("unshelve"), shelf.image if shelf else "")
    except NotFound:
        raise Conflict(reason=f"The image of server {server.pk} is gone. Delete the server.") from None
    if image.status != offloading.READY:
        raise Conflict(
            reason=f"The image {image.id} of server {server.pk} is {image.status}. Have it reactivated first."
        )
    return image


def _chosen(server: Server, zone: str, host: str) -> Backend:
    """Rather where it was; who wished for a place beside or apart from others stays there."""
    before = server.backend
    only = frozenset({host}) if host else None
    if server.hints and not only and not zone:
        only = frozenset({before.name})
    needs = placement.Needs(
        memory=server.ram,
        disk=(server.disk + server.ephemeral) * GIB + server.swap,
        vcpus=server.vcpus,
        zone=zone,
        project=server.project,
        template=server.extra_specs.get(TEMPLATE, ""),
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


def _creation(server: Server, backend: Backend, image: ImageInfo, nics: tuple[NicSpec, ...]) -> CreateServer:
    template = server.extra_specs.get(TEMPLATE) or backend.disk_template or settings.GANETI_DISK_TEMPLATE
    return CreateServer(
        id=new_id(),
        resource=server.pk,
        instance=server.instance,
        memory=server.ram,
        vcpus=server.vcpus,
        disks=(server.disk * GIB,),
        ephemeral=server.ephemeral * GIB,
        swap=server.swap,
        nics=nics,
        os=settings.GANETI_OS_PROVIDER,
        disk_template=template,
        hypervisor=backend.hypervisor or settings.GANETI_HYPERVISOR,
        os_params=_os_params(server, image),
    )


def _os_params(server: Server, image: ImageInfo) -> dict[str, str]:
    """What its guest was told before. Its password is on the disk."""
    params = guests.image_parameters(image)
    hostname = server.hostname or guests.hostname(server.name, server.pk)
    params |= {"hostname": hostname, "instance_id": server.pk, "cloud_userdata": server.user_data}
    key = KeyPair.objects.filter(user=server.user, name=server.key_name, type="ssh").first()
    params["auth_keys"] = key.public_key if key else ""
    lost = os_parameters.undeliverable(settings.GANETI_OS_PROVIDER, params)
    if lost:
        raise BadRequest(reason=f"{' and '.join(lost).capitalize()} cannot be brought to servers of this cloud.")
    return {name: value for name, value in params.items() if value}
