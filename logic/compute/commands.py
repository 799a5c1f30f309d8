"""What may be asked of servers: each function is one transaction: who may, does quota allow, can the backend, does the
state allow, record the command.

Called by the API facades and operator commands. Refusals are raised before anything is written; the caller answers 202
and the ledger does the rest. A rename or new metadata needs no backend and is only noted.
"""

import base64
import hashlib

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.db import transaction

from logic import clock
from logic.access import Caller, operator, require
from logic.backends.registry import capabilities
from logic.compute import queries
from logic.compute.models import KeyPair, Server, ServerNumber
from logic.compute.queries import FlavorInfo, KeyPairInfo
from logic.db import new_id
from logic.errors import BadRequest, Duplicate, NotFound, NotSupported, QuotaExceeded
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

GIB = 1024  # MiB


class NewServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server asked for. ``nics`` None: the default networks; empty: none."""

    name: str
    flavor: str
    image: str
    nics: list[NewNic] | None = None
    key_name: str = ""
    metadata: dict[str, str] = {}
    availability_zone: str = ""
    user_data: str = ""
    description: str | None = None
    count: int = 1


@transaction.atomic
def create_servers(caller: Caller, wanted: NewServer) -> list[str]:
    """Ids of the new servers. Raises :class:`BadRequest`, :class:`QuotaExceeded`, :class:`Unavailable`…"""
    require(caller, "member", "create a server")
    flavor, image = _flavor(caller, wanted), _image(caller, wanted)
    if flavor.disk and flavor.disk < image.min_disk:
        raise BadRequest(reason=f"Flavor's disk is too small: the image needs {image.min_disk} GiB.")
    if flavor.ram < image.min_ram:
        raise BadRequest(reason=f"Flavor's memory is too small: the image needs {image.min_ram} MiB.")
    return [_create(caller, wanted, flavor, image, place) for place in range(wanted.count)]


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


def _create(caller: Caller, wanted: NewServer, flavor: FlavorInfo, image: ImageInfo, place: int) -> str:
    needs = placement.Needs(
        memory=flavor.ram, disk=flavor.disk * GIB, vcpus=flavor.vcpus, zone=wanted.availability_zone
    )
    backend = placement.choose(needs)
    _can(backend, CreateServer)
    server = Server(
        number=ServerNumber.objects.create().pk,
        name=wanted.name if wanted.count == 1 else f"{wanted.name}-{place + 1}",
        description=wanted.description,
        project=caller.project,
        user=caller.user,
        flavor_id=flavor.id,
        flavor_name=flavor.name,
        vcpus=flavor.vcpus,
        ram=flavor.ram,
        disk=flavor.disk,
        extra_specs=flavor.extra_specs,
        image=image.id,
        key_name=wanted.key_name,
        metadata=wanted.metadata,
        availability_zone=backend.name,
    )
    quota.charge(caller.project, {"servers": 1, "cores": flavor.vcpus, "ram": flavor.ram}, server.pk)
    beginning.enrol(caller, "server", server, backend)
    wishes = network.default_nics(caller) if wanted.nics is None else wanted.nics
    nics = network.make_ports(caller, server.pk, backend, wishes)
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
        hypervisor=backend.hypervisor,
        os_params=_os_params(caller, wanted, image),
    )
    beginning.begin(caller, "server", server, "create", command)
    return server.pk


def _os_params(caller: Caller, wanted: NewServer, image: ImageInfo) -> dict[str, str]:
    """Osparams of the OS provider on the nodes, under the names snf-image gave them."""
    params = {"img_id": image.backend_name or image.id, "img_format": image.disk_format}
    if wanted.key_name:
        params["auth_keys"] = queries.keypair(caller, wanted.key_name).public_key
    if wanted.user_data:
        params["cloud_userdata"] = wanted.user_data
    return params


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


@transaction.atomic
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


@transaction.atomic
def _begin(caller: Caller, id: str, verb: str, command: AnyCommand) -> None:
    require(caller, "member", f"{verb} a server")
    server = _held(caller, id)
    _can(server.backend, type(command))
    command = msgspec.structs.replace(command, instance=server.instance)
    beginning.begin(caller, "server", server, verb, command)


@transaction.atomic
def change_server(caller: Caller, id: str, *, name: str | None = None, description: str | None = None) -> None:
    """Rename or describe. The instance's name stays. Raises :class:`NotFound`."""
    require(caller, "member", "change a server")
    server = _held(caller, id)
    changes: dict[str, object] = {
        key: value for key, value in {"name": name, "description": description}.items() if value is not None
    }
    _change(caller, server, "renamed" if name is not None else "described", changes)


@transaction.atomic
def set_metadata(caller: Caller, id: str, items: dict[str, str], *, replace: bool) -> dict[str, str]:
    """Merge or replace; what it is afterwards. Raises :class:`NotFound`, :class:`BadRequest`."""
    require(caller, "member", "change a server's metadata")
    server = _held(caller, id)
    metadata = items if replace else {**server.metadata, **items}
    if len(metadata) > settings.MAX_METADATA_ITEMS:
        raise BadRequest(reason=f"A server has at most {settings.MAX_METADATA_ITEMS} metadata items.")
    _change(caller, server, "metadata", {"metadata": metadata})
    return metadata


@transaction.atomic
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


@transaction.atomic
def import_keypair(caller: Caller, name: str, public_key: str, *, user: str = "") -> KeyPairInfo:
    """Keep a public key under a name. Raises :class:`Duplicate`, :class:`BadRequest` for what is not an SSH key."""
    require(caller, "member", "import a keypair")
    owner = user if user and caller.is_admin else caller.user
    if KeyPair.objects.filter(user=owner, name=name).exists():
        raise Duplicate(kind="key pair", id=name)
    used, limit = KeyPair.objects.filter(user=owner).count(), quotas.defaults().get("key_pairs", -1)
    if 0 <= limit <= used:
        raise QuotaExceeded(resource="key_pairs", requested=1, used=used, limit=limit)
    KeyPair.objects.create(user=owner, name=name, public_key=public_key, fingerprint=fingerprint(public_key))
    return queries.keypair(caller, name, user=owner)


def fingerprint(public_key: str) -> str:
    """MD5 over the key's bytes, in pairs of digits, as Nova prints it. Raises :class:`BadRequest`."""
    try:
        serialization.load_ssh_public_key(public_key.strip().encode())
        blob = base64.b64decode(public_key.split()[1])
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise BadRequest(reason="The public_key is not an OpenSSH public key, such as `ssh-ed25519 AAAA…`.") from error
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


@transaction.atomic
def delete_keypair(caller: Caller, name: str, *, user: str = "") -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "delete a keypair")
    known = queries.keypair(caller, name, user=user)
    KeyPair.objects.filter(pk=known.id).delete()
