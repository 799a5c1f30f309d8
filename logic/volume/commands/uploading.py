"""Images made of volumes: what is on the disk of one becomes the content of an image, as of a server's
(``logic.compute.capturing``). Called by Cinder's facade.

The disk is on its server or on its keeper, and that instance's node brings it by its name. A volume that has no disk yet is as it
was made: the image has the same content, at once.
"""

import msgspec

from logic.access import Caller, require
from logic.compute.capturing import is_inherited
from logic.compute.checks import can
from logic.errors import NotSupported, clipped
from logic.image import capturing, rules, sharing
from logic.image.making import NewImage
from logic.ledger import beginning
from logic.messages.commands import CaptureVolume
from logic.transactions import atomically
from logic.volume.commands import bringing
from logic.volume.commands.rows import held_at_rest, is_placed
from logic.volume.commands.sources import SAID
from logic.volume.models import Volume
from logic.volume.refusals import InvalidInput

VERB = "upload"
GIB = 1024  # MiB
BROUGHT = ("raw", "qcow2")  # the formats that nodes bring disks in


class WantedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image of a volume. ``attached``: also of one that a server has."""

    name: str
    disk_format: str = "raw"
    container_format: str = "bare"
    visibility: str = "private"
    protected: bool = False
    attached: bool = False


@atomically
def upload_volume(caller: Caller, id: str, wanted: WantedImage) -> str:
    """The image's id. The guest of a server that has it is stopped for it where its disks know no snapshots, and started again.
    Raises :class:`NotFound`, :class:`InvalidVolume`, :class:`InvalidInput`, :class:`NotSupported`, :class:`Forbidden`,
    :class:`QuotaExceeded`, ``WrongState``."""
    require(caller, "member", "make an image of a volume")
    row, server = held_at_rest(caller, id, attached=wanted.attached, action="upload it to an image")
    _check_words(wanted)
    if not is_placed(row):
        _check_content(row, wanted)
        return sharing.create_image_of(caller, _image(row, wanted), row.blob)
    _check_disk(row, wanted)
    command = bringing.order(row, server)
    least = row.size * GIB if wanted.disk_format == "raw" else 1
    image = capturing.begin(caller, _image(row, wanted), bringing.source(row, server, command.id), least)
    beginning.begin(caller, "volume", row, VERB, command)
    return image


def _check_words(wanted: WantedImage) -> None:
    if wanted.disk_format not in rules.DISK_FORMATS or wanted.container_format not in rules.CONTAINER_FORMATS:
        words = f"{clipped(wanted.disk_format)!r} in {clipped(wanted.container_format)!r}"
        raise InvalidInput(reason=f"there is no such format as {words}. Leave it out, or say raw or qcow2 in bare.")


def _check_disk(row: Volume, wanted: WantedImage) -> None:
    capturing.check_told()
    if wanted.disk_format not in BROUGHT or wanted.container_format != "bare":
        raise NotSupported(reason="Disks of volumes are brought as raw or qcow2, and bare: choose one of these.")
    can(row.backend, CaptureVolume)


def _check_content(row: Volume, wanted: WantedImage) -> None:
    """Nothing is converted here, and what has no bytes in a store of ours makes no image."""
    if not row.blob:
        what = f"begins with {row.file}, which the nodes know and no store has" if row.file else "is blank"
        raise NotSupported(reason=f"Volume {row.pk} has been on no server yet, and {what}: no image is made of it.")
    if (wanted.disk_format, wanted.container_format) != (row.format, "bare"):
        raise NotSupported(
            reason=f"Volume {row.pk} has been on no server yet: an image of it is {row.format} and bare, as what it was made of. "
            "Ask for that."
        )


def _image(row: Volume, wanted: WantedImage) -> NewImage:
    """With what is said of the image that the volume was made of."""
    said = row.image_metadata or {}
    return NewImage(
        name=wanted.name,
        visibility=wanted.visibility,
        protected=wanted.protected,
        disk_format=wanted.disk_format,
        container_format=wanted.container_format,
        min_ram=_number(said.get("min_ram", "")),
        min_disk=_number(said.get("min_disk", "")),
        properties={name: value for name, value in said.items() if name not in SAID and is_inherited(name)},
    )


def _number(said: str) -> int:
    """Tenants write there what they like."""
    return (
        min(int(said), rules.LARGEST)
        if said.isascii() and said.isdigit() and len(said) <= len(str(rules.LARGEST))
        else 0
    )
