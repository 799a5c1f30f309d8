"""Rebuilding a server: its disk is made anew from an image; its name, size, addresses and volumes stay.

Called by the API facades through ``commands``. One transaction, as all of those: what is asked for is written into the row at
once, and if the rebuild fails the server is in error, from where it may be rebuilt again.
"""

import msgspec
from django.conf import settings
from msgspec import UNSET, UnsetType

from logic import secretkeys
from logic.access import Caller, require
from logic.backends import os_parameters
from logic.compute import guests, passwords, references, states
from logic.compute.checks import can, check_disk_config, check_metadata
from logic.compute.holding import held
from logic.compute.models import KeyPair, Server
from logic.compute.resizing import forget_other_size
from logic.compute.states import Observed, Phase
from logic.db import new_id
from logic.errors import BadRequest, NotFound, WrongState
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import RebuildServer
from logic.transactions import atomically
from logic.volume.commands.sources import described
from logic.volume.models import Volume
from logic.volume.states import Observed as Place

# What an image may have told the guest's provider, for want of the image itself.
_ANY_IMAGE = {"img_checksum": "", "img_properties": "{}"}
_NO_WORD = "The guests of this cloud cannot be told a password by a rebuild. Log in with the key pair instead."
_NOT_TOLD = "The guests of this cloud cannot be told other user data by a rebuild. "


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What a server shall be after it. UNSET, and a name, hostname, address or metadata of None: as it was; but a hostname that
    is the name goes with that. ``key_name`` and ``user_data`` of None: none any more. ``of_volume``: also the volume that it
    boots from is made anew."""

    image: str
    name: str | None = None
    description: str | UnsetType | None = UNSET
    metadata: dict[str, str] | None = None
    hostname: str | None = None
    access_ip_v4: str | None = None
    access_ip_v6: str | None = None
    disk_config: str | None = None
    key_name: str | UnsetType | None = UNSET
    user_data: str | UnsetType | None = UNSET
    password: str = ""
    of_volume: bool = True


@atomically
def rebuild_server(caller: Caller, id: str, wanted: Rebuilt) -> str:
    """It runs afterwards, unless it was stopped. The password that its guest is told, where the site makes them; else empty.
    Raises :class:`BadRequest`, :class:`WrongState`, :class:`NotFound`, :class:`QuotaExceeded`."""
    require(caller, "member", "rebuild a server")
    server = held(caller, id)
    verb = _verb(server)
    beginning.check("server", server, verb)
    can(server.backend, RebuildServer)
    image = _image(caller, server, wanted)
    check_disk_config(wanted.disk_config)
    if wanted.metadata is not None:
        check_metadata(wanted.metadata, len(server.metadata), server.project, server.user)
    columns = _columns(server, wanted)
    columns["image_properties"] = guests.kept_properties(image.properties)
    params, command_id = _os_params(caller, server, columns, image), new_id()
    reaching = passwords.reach_again(server)
    made = passwords.made() if reaching else ""
    if reaching:
        params |= _secrets(server, columns, wanted.password or made) | {os_parameters.SECRETS: command_id}
    else:
        _check_secrets(server, columns, wanted)
    Server.objects.filter(pk=id).update(**columns)
    if server.root_volume:
        Volume.objects.filter(pk=server.root_volume).update(image_metadata=described(image), bootable=True)
    forget_other_size(server)
    command = RebuildServer(
        id=command_id,
        resource=id,
        instance=server.instance,
        os=settings.GANETI_OS_PROVIDER,
        os_params=params,
        start=verb == "rebuild",
    )
    beginning.begin(caller, "server", server, verb, command)
    return (wanted.password or made) if made else ""


def _verb(server: Server) -> str:
    """Raises :class:`WrongState` for one that was never made, or has vanished."""
    phase = states.phase(state_of(server))
    if phase is Phase.FAILED and server.fault_code == states.NOT_RESCUED:
        advice = "It would boot its rescue system. Unrescue it first."
        raise WrongState(action="rebuild", kind="server", id=server.pk, state=str(phase), advice=advice)
    if phase is Phase.FAILED and server.observed == Observed.NONE:
        advice = "There is no instance of it on its cluster. Delete it and create it again."
        raise WrongState(action="rebuild", kind="server", id=server.pk, state=str(phase), advice=advice)
    return "rebuild-stopped" if phase in states.MAY["rebuild-stopped"] else "rebuild"


def _image(caller: Caller, server: Server, wanted: Rebuilt) -> ImageInfo:
    image = references.image_with_content(caller, wanted.image)
    if server.root_volume:
        references.check_volume(image, server.root_volume, size=_root_size(server, wanted))
        references.check_memory(image.min_ram, server.flavor_name, ram=server.ram)
        return image
    if not server.disk:
        raise BadRequest(reason=f"Server {server.pk} has no disk that could be made anew. Create another server.")
    references.check_room(image, server.flavor_name, disk=server.disk, ram=server.ram)
    return image


def _root_size(server: Server, wanted: Rebuilt) -> int:
    """GiB of the volume that it boots from. What would be made anew is the first disk that is there: has that volume never come,
    since the server could not be made, it is another. Raises :class:`BadRequest`."""
    if not wanted.of_volume:
        raise BadRequest(
            reason="Unable to rebuild with a different image for a volume-backed server. Ask for version 2.93 or later."
        )
    row = Volume.objects.filter(pk=server.root_volume, device=server.pk, observed=Place.ATTACHED).first()
    if row is None:
        raise BadRequest(
            reason=f"The volume that server {server.pk} boots from is not on it. Delete it and make another."
        )
    return row.size


def _columns(server: Server, wanted: Rebuilt) -> dict[str, object]:
    """What changes of the row."""
    columns: dict[str, object] = {"image": "" if server.root_volume else wanted.image}
    for name in ("name", "metadata", "hostname", "access_ip_v4", "access_ip_v6", "disk_config"):
        if (value := getattr(wanted, name)) is not None:
            columns[name] = value
    if wanted.name is not None and server.hostname == guests.hostname(server.name, server.pk):
        columns.setdefault("hostname", guests.hostname(wanted.name, server.pk))
    if wanted.description is not UNSET:
        columns["description"] = wanted.description
    if wanted.key_name is not UNSET:
        columns["key_name"] = wanted.key_name or ""
    if wanted.user_data is not UNSET and (wanted.user_data or "") != server.user_data:
        columns["user_data"] = wanted.user_data or ""
    return columns


def _os_params(caller: Caller, server: Server, columns: dict[str, object], image: ImageInfo) -> dict[str, str]:
    """What the OS provider is told, with empty values for what it was told before and must forget; without secrets."""
    os = settings.GANETI_OS_PROVIDER
    name = str(columns.get("name", server.name))
    params = _before(caller, server) | guests.image_parameters(image)
    hostname = str(columns.get("hostname", server.hostname)) or guests.hostname(name, server.pk)
    params |= {"hostname": hostname, "instance_id": server.pk}
    key = str(columns.get("key_name", server.key_name))
    if key or server.key_name:
        params["auth_keys"] = _key(server, key) if key else ""
    if lost := os_parameters.undeliverable(os, params):
        raise BadRequest(reason=f"{' and '.join(lost).capitalize()} cannot be brought to servers of this cloud.")
    return params


def _before(caller: Caller, server: Server) -> dict[str, str]:
    """The image's parameters that do not stay when the next image has none of them."""
    try:
        told = guests.image_parameters(images.image(caller, server.image))
    except NotFound:
        return _ANY_IMAGE
    return {name: empty for name, empty in _ANY_IMAGE.items() if told.get(name)}


def _key(server: Server, name: str) -> str:
    """A key pair of the server's user, whoever rebuilds it (as in Nova)."""
    row = KeyPair.objects.filter(user=server.user, name=name, type="ssh").first()
    if row is None:
        reason = f"The key pair {name} of the server's user could not be found. Name another, or null for none."
        raise BadRequest(reason=reason)
    return row.public_key


def _secrets(server: Server, columns: dict[str, object], password: str) -> dict[str, str]:
    """All of them, for the node that asks: what is not among them the guest has no more."""
    told = {os_parameters.USER_DATA: str(columns.get("user_data", server.user_data))}
    if password:
        told[os_parameters.PASSWORD] = secretkeys.current().encrypt(password)
    return {name: value for name, value in told.items() if value}


def _check_secrets(server: Server, columns: dict[str, object], asked: Rebuilt) -> None:
    """No secret reaches a reinstallation by Ganeti: some providers keep those of before, and none learns others."""
    if asked.password:
        raise BadRequest(reason=_NO_WORD)
    keeps = os_parameters.provider_of(settings.GANETI_OS_PROVIDER).keeps
    wanted = columns.get("user_data", server.user_data)
    if wanted and wanted != server.user_data:
        raise BadRequest(reason=_NOT_TOLD + "Create another server for it.")
    if wanted and not keeps:
        raise BadRequest(reason=_NOT_TOLD + "Send null for it, or create another server.")
    if keeps and server.user_data and not wanted:
        raise BadRequest(reason=_NOT_TOLD + "Leave it out, and it stays; or create another server.")
