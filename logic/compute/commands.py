"""What may be asked of servers: each function is one transaction: who may, does quota allow, can the backend, does the
state allow, record the command.

Called by the API facades and operator commands. Refusals are raised before anything is written; the caller answers 202
and the ledger does the rest. A rename or new metadata needs no backend and is only noted. Flavors and key pairs, which
no backend knows, are in ``flavors`` and ``keypairs``.
"""

from typing import Literal

import msgspec
from django.conf import settings

from logic import clock
from logic.access import Caller, operator, require
from logic.backends.registry import capabilities
from logic.compute import queries, states
from logic.compute.infos import FlavorInfo
from logic.compute.models import Server, ServerNumber
from logic.db import new_id
from logic.errors import BadRequest, NotFound, NotSupported, QuotaExceeded
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.messages.commands import (
    AnyCommand,
    Command,
    CreateServer,
    DeleteServer,
    RebootServer,
    StartServer,
    StopServer,
)
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.placement import queries as placement
from logic.placement.models import Backend
from logic.quota import commands as quota
from logic.quota import queries as quotas
from logic.transactions import atomically

GIB = 1024  # MiB
MAX_NAME = 255


class NewServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server asked for. ``nics`` None: the default networks, if there are any; ``"auto"``: those, and a refusal when
    there are none; empty: none. Of ``count`` as many are made as quota allows, but not fewer than ``at_least``."""

    name: str
    flavor: str
    image: str
    nics: list[NewNic] | Literal["auto"] | None = None
    key_name: str = ""
    metadata: dict[str, str] = {}
    availability_zone: str = ""
    user_data: str = ""
    description: str | None = None
    count: int = 1
    at_least: int | None = None


@atomically
def create_servers(caller: Caller, wanted: NewServer) -> list[str]:
    """Ids of the new servers. Raises :class:`BadRequest`, :class:`QuotaExceeded`, :class:`Unavailable`…"""
    require(caller, "member", "create a server")
    flavor, image = _flavor(caller, wanted), _image(caller, wanted)
    _check_metadata(wanted.metadata, 0)
    _check_room(flavor, image)
    params, nics = _os_params(caller, wanted, image), _nics(caller, wanted)
    request = _Request(wanted, flavor, image, params, nics, f"r-{clock.new_uuid().hex[:8]}")
    count = _count(caller, wanted, flavor)
    quota.check(caller.project, {name: one * count for name, one in {**_amounts(flavor), "ports": len(nics)}.items()})
    return [_create(caller, request, place) for place in range(count)]


def _check_room(flavor: FlavorInfo, image: ImageInfo) -> None:
    rooms = (
        ("disk", flavor.disk or image.min_disk, image.min_disk, "GiB"),
        ("memory", flavor.ram, image.min_ram, "MiB"),
    )
    for what, has, needs, unit in rooms:
        if has < needs:
            reason = f"Flavor's {what} is too small: {flavor.name} has {has} {unit}, the image needs {needs} {unit}."
            raise BadRequest(reason=reason)


class _Request(msgspec.Struct, frozen=True):
    """What the servers of one request have in common."""

    wanted: NewServer
    flavor: FlavorInfo
    image: ImageInfo
    os_params: dict[str, str]
    nics: list[NewNic]
    reservation: str

    def name(self, place: int) -> str:
        """Numbered from 1 when several may be made."""
        if self.wanted.count == 1:
            return self.wanted.name
        tail = f"-{place + 1}"
        return self.wanted.name[: MAX_NAME - len(tail)] + tail


def _count(caller: Caller, wanted: NewServer, flavor: FlavorInfo) -> int:
    """How many are made: ``count``, or what quota leaves of it."""
    if wanted.at_least is None or wanted.at_least >= wanted.count:
        return wanted.count
    rooms = [
        max(limit - quotas.used(caller.project, resource), 0) // amount
        for resource, amount in _amounts(flavor).items()
        if amount and (limit := quotas.limit_of(caller.project, resource)) >= 0
    ]
    return max(min([wanted.count, *rooms]), wanted.at_least)


def _amounts(flavor: FlavorInfo) -> dict[str, int]:
    return {"servers": 1, "cores": flavor.vcpus, "ram": flavor.ram}


def _nics(caller: Caller, wanted: NewServer) -> list[NewNic]:
    if isinstance(wanted.nics, list):
        return wanted.nics
    nics = network.default_nics(caller)
    if not nics and wanted.nics == "auto":
        raise BadRequest(reason="There is no default network. Name one; list them with `openstack network list`.")
    return nics


def _flavor(caller: Caller, wanted: NewServer) -> FlavorInfo:
    try:
        return queries.flavor(caller, wanted.flavor)
    except NotFound:
        raise BadRequest(
            reason=f"Flavor {wanted.flavor} could not be found. List them with `openstack flavor list`."
        ) from None


def _image(caller: Caller, wanted: NewServer) -> ImageInfo:
    try:
        image = images.image(caller, wanted.image)
    except NotFound:
        raise BadRequest(
            reason=f"Image {wanted.image} could not be found. List them with `openstack image list`."
        ) from None
    if image.status != "active":
        raise BadRequest(
            reason=f"Image {image.id} is not active but {image.status}. Wait until it is, or choose another."
        )
    return image


def _create(caller: Caller, request: _Request, place: int) -> str:
    flavor, wanted = request.flavor, request.wanted
    backend = _chosen(flavor, wanted.availability_zone)
    _can(backend, CreateServer)
    server = Server(
        number=ServerNumber.objects.create().pk,
        name=request.name(place),
        description=wanted.description,
        project=caller.project,
        user=caller.user,
        flavor_id=flavor.id,
        flavor_name=flavor.name,
        vcpus=flavor.vcpus,
        ram=flavor.ram,
        disk=flavor.disk,
        extra_specs=flavor.extra_specs,
        image=request.image.id,
        key_name=wanted.key_name,
        metadata=wanted.metadata,
        availability_zone=backend.name,
        pinned_zone=wanted.availability_zone,
        user_data=wanted.user_data,
        reservation=request.reservation,
        launch_index=place,
    )
    quota.charge(caller.project, _amounts(flavor), server.pk)
    beginning.enrol(caller, "server", server, backend)
    nics = network.make_ports(caller, server.pk, backend, request.nics)
    command = CreateServer(
        id=new_id(),
        resource=server.pk,
        instance=server.instance,
        memory=flavor.ram,
        vcpus=flavor.vcpus,
        disks=(flavor.disk * GIB,) if flavor.disk else (),
        nics=tuple(nics),
        os=settings.GANETI_OS_PROVIDER,
        disk_template=backend.disk_template or settings.GANETI_DISK_TEMPLATE,
        hypervisor=backend.hypervisor or settings.GANETI_HYPERVISOR,
        os_params=request.os_params,
    )
    beginning.begin(caller, "server", server, "create", command)
    return server.pk


def _chosen(flavor: FlavorInfo, zone: str) -> Backend:
    needs = placement.Needs(memory=flavor.ram, disk=flavor.disk * GIB, vcpus=flavor.vcpus, zone=zone)
    try:
        return placement.choose(needs)
    except NotFound:
        raise BadRequest(
            reason=f"The availability zone {zone} does not exist. List them with `openstack availability zone list`."
        ) from None


def _os_params(caller: Caller, wanted: NewServer, image: ImageInfo) -> dict[str, str]:
    """Osparams of the OS provider on the nodes, under the names snf-image gave them."""
    params = {"img_id": image.backend_name or image.id, "img_format": image.disk_format}
    if wanted.key_name:
        params["auth_keys"] = _public_key(caller, wanted.key_name)
    if wanted.user_data:
        params["cloud_userdata"] = wanted.user_data
    return params


def _public_key(caller: Caller, name: str) -> str:
    try:
        return queries.keypair(caller, name).public_key
    except NotFound:
        raise BadRequest(
            reason=f"The key pair {name} could not be found. List them with `openstack keypair list`."
        ) from None


def _can(backend: Backend, command: type[Command]) -> None:
    """What a backend cannot do is refused before anything is written."""
    if command not in capabilities(backend.kind):
        raise NotSupported(reason=f"Clusters of kind {backend.kind} cannot do this.")


def start_server(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`WrongState`."""
    _begin(caller, id, "start", StartServer(id=new_id(), resource=id, instance=""))


def stop_server(caller: Caller, id: str) -> None:
    """Ask the guest to shut down. Raises :class:`NotFound`, :class:`WrongState`."""
    timeout = settings.GANETI_SHUTDOWN_TIMEOUT
    _begin(caller, id, "stop", StopServer(id=new_id(), resource=id, instance="", timeout=timeout))


def reboot_server(caller: Caller, id: str, *, hard: bool) -> None:
    """Raises :class:`NotFound`, :class:`WrongState`."""
    verb = "reboot-hard" if hard else "reboot"
    _begin(caller, id, verb, RebootServer(id=new_id(), resource=id, instance="", hard=hard))


@atomically
def delete_server(caller: Caller, id: str, *, force: bool = False) -> None:
    """From any state. Deleting what is being deleted changes nothing. Raises :class:`NotFound`."""
    require(caller, "member", "delete a server")
    server = _held(caller, id)
    if server.verb == "delete-force" or (server.verb == "delete" and not force):
        return
    command = DeleteServer(id=new_id(), resource=id, instance=server.instance, force=force)
    beginning.begin(caller, "server", server, "delete-force" if force else "delete", command)


def remove_ghost(server: Server) -> None:
    """Remove the instance that a deleted server left behind (reconcile, after two looks)."""
    row: Server = beginning.hold("server", server.pk)
    if not row.command:
        command = DeleteServer(id=new_id(), resource=row.pk, instance=row.instance, force=True)
        beginning.begin(operator("reconcile"), "server", row, "delete-force", command, checked=False)


@atomically
def _begin(caller: Caller, id: str, verb: str, command: AnyCommand) -> None:
    require(caller, "member", f"{states.WORDS.get(verb, verb)} a server")
    server = _held(caller, id)
    _can(server.backend, type(command))
    command = msgspec.structs.replace(command, instance=server.instance)
    beginning.begin(caller, "server", server, verb, command)


@atomically
def change_server(
    caller: Caller,
    id: str,
    *,
    name: str | None = None,
    description: str | msgspec.UnsetType | None = msgspec.UNSET,
) -> None:
    """Rename or describe; ``description`` None takes it away. The instance's name stays. Raises :class:`NotFound`."""
    require(caller, "member", "change a server")
    server = _held(caller, id)
    changes: dict[str, object] = {} if name is None else {"name": name}
    if description is not msgspec.UNSET:
        changes["description"] = description
    if changes:
        _change(caller, server, "renamed" if name is not None else "described", changes)


@atomically
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "change a server's metadata")
    server = _held(caller, id)
    metadata = items if replace else {**server.metadata, **items}
    _check_metadata(metadata, len(server.metadata))
    _change(caller, server, "metadata", {"metadata": metadata})
    return metadata


def _check_metadata(metadata: dict[str, str], used: int) -> None:
    limit = settings.MAX_METADATA_ITEMS
    if 0 <= limit < len(metadata):
        raise QuotaExceeded(resource="metadata_items", requested=len(metadata) - used, used=used, limit=limit)


@atomically
def delete_metadata(caller: Caller, id: str, key: str) -> None:
    """Raises :class:`NotFound` for the server and for the key."""
    require(caller, "member", "change a server's metadata")
    server = _held(caller, id)
    if key not in server.metadata:
        raise NotFound(kind="metadata item", id=key)
    rest = {name: value for name, value in server.metadata.items() if name != key}
    _change(caller, server, "metadata", {"metadata": rest})


def _change(caller: Caller, server: Server, what: str, columns: dict[str, object]) -> None:
    Server.objects.filter(pk=server.pk).update(**columns, updated_at=clock.now())
    beginning.note(caller, "server", server.pk, what, ", ".join(columns))


def _held(caller: Caller, id: str) -> Server:
    """The row, locked. Another tenant's server is as unknown as one that never was; so is a deleted one."""
    server: Server = beginning.hold("server", id)
    if (server.project != caller.project and not caller.is_admin) or server.observed == "gone":
        raise NotFound(kind="server", id=id)
    return server
