"""Making images of servers: what is on the first disk of one becomes the content of an image, or of a backup, of which some are
kept; of one that boots from a volume the volumes are copied (``composing``). Called by the API facades through ``commands``.

The image is there at once, and waits; its content comes while the server's command is carried out (``logic.image.capturing``). A
server that no image can be made of now is refused before one is there.
"""

import msgspec
from django.conf import settings

from logic.access import Caller, require
from logic.compute import composing
from logic.compute.checks import can, check_metadata
from logic.compute.holding import held
from logic.compute.models import Server
from logic.db import new_id
from logic.errors import BadRequest, NotFound, NotSupported
from logic.image import capturing
from logic.image import queries as images
from logic.image.capturing import BACKUP, Source
from logic.image.making import NewImage
from logic.image.queries import ImageInfo
from logic.ledger import beginning
from logic.messages.commands import CaptureServer
from logic.transactions import atomically

VERB = "capture"
SHELVED = "-shelved"  # after the name of its server, as Nova calls it
MAX_NAME = 255 - len(SHELVED)
# What an image says of itself that is not so of what was made of a server of it.
NOT_INHERITED = frozenset({"cache_in_nova", "bittorrent", BACKUP, "image_location", "image_state", "owner_id"})
SIGNATURE = "img_signature"


class WantedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image of a server. ``backup``: its kind (``daily``, ``weekly``), of which the newest ``rotation`` are kept; empty: it is
    none of those."""

    name: str
    metadata: dict[str, str] = {}
    backup: str = ""
    rotation: int = 0


@atomically
def create_image(caller: Caller, id: str, wanted: WantedImage) -> str:
    """The image's id. A guest that runs is stopped for it where its disks know no snapshots, and started again. A lock is against
    changes, and keeps nobody from this, as in Nova. Raises :class:`NotFound`, :class:`WrongState`, :class:`NotSupported`,
    :class:`BadRequest`, :class:`QuotaExceeded`."""
    require(caller, "member", "make an image of a server")
    server = held(caller, id, locked=True)
    beginning.check("server", server, VERB)
    check_metadata(wanted.metadata, 0, caller.project, caller.user)
    if server.root_volume:
        return composing.create_image(caller, server, _of_volumes(caller, server, wanted))
    _check(server)
    image, _ = begin(caller, server, _image(caller, server, wanted), keep=wanted.rotation if wanted.backup else None)
    return image


def begin(
    caller: Caller, server: Server, image: NewImage, verb: str = VERB, keep: int | None = None
) -> tuple[str, str]:
    """An image that waits for what is on a server's first disk, and the command that it comes with: their ids."""
    patience = settings.GANETI_SHUTDOWN_TIMEOUT
    command = CaptureServer(id=new_id(), resource=server.pk, instance=server.instance, timeout=patience)
    source = Source(command=command.id, backend=server.backend.pk, instance=server.instance, keep=keep)
    made = capturing.begin(caller, image, source)
    beginning.begin(caller, "server", server, verb, command)
    return made, command.id


def shelved(caller: Caller, server: Server) -> NewImage:
    """What a shelved server is made of again. Protected, since nobody has another copy."""
    wanted = WantedImage(name=f"{server.name[:MAX_NAME]}{SHELVED}")
    return msgspec.structs.replace(_image(caller, server, wanted), protected=True)


def _check(server: Server) -> None:
    can(server.backend, CaptureServer)
    capturing.check_told()
    if not server.image:
        raise NotSupported(reason=f"Server {server.pk} was imported: no image is made of it.")
    if not server.disk:
        raise BadRequest(reason=f"Server {server.pk} has no disk that an image could be made of.")


def _of_volumes(caller: Caller, server: Server, wanted: WantedImage) -> NewImage:
    """Raises :class:`BadRequest`."""
    if wanted.backup:
        raise BadRequest(
            reason=f"Server {server.pk} boots from a volume, of which no backup is made here. Back up its volumes."
        )
    image = _image(caller, server, wanted)
    return msgspec.structs.replace(image, properties=image.properties | {"base_image_ref": ""})


def _image(caller: Caller, server: Server, wanted: WantedImage) -> NewImage:
    base = _base(caller, server) if server.image else None
    of_base = base.properties if base else server.image_properties or {}
    properties = {name: value for name, value in of_base.items() if is_inherited(name)}
    properties |= {
        "base_image_ref": server.image,
        "image_type": "backup" if wanted.backup else "snapshot",
        "instance_uuid": server.pk,
        "user_id": caller.user,
        **({BACKUP: wanted.backup} if wanted.backup else {}),
        **wanted.metadata,
    }
    return NewImage(
        name=wanted.name,
        visibility="private",
        disk_format="qcow2",
        container_format="bare",
        min_disk=server.disk,
        min_ram=base.min_ram if base else 0,
        properties=properties,
    )


def _base(caller: Caller, server: Server) -> ImageInfo | None:
    """It may be gone, or nobody's to see any more."""
    try:
        return images.image(caller, server.image)
    except NotFound:
        return None


def is_inherited(name: str) -> bool:
    """Is a property of what it was made of also so of a new image?"""
    return name not in NOT_INHERITED and not name.startswith(("os_glance", SIGNATURE))
