"""What a request for a server refers to: a flavor, an image that can be used, a key pair; each with its refusal. Called by
``creating``, ``rebuilding`` and ``resizing``."""

from logic.access import Caller
from logic.compute import queries
from logic.compute.infos import FlavorInfo
from logic.errors import BadRequest, NotFound
from logic.image import queries as images
from logic.image.queries import ImageInfo
from logic.volume.commands import composing

BOOTABLE = frozenset({"raw", "qcow2"})  # what the OS definitions on the nodes write onto disks
GIB = 2**30


def usable_flavor(caller: Caller, id: str) -> FlavorInfo:
    """Raises :class:`BadRequest`."""
    try:
        return queries.flavor(caller, id)
    except NotFound:
        raise BadRequest(reason=f"Flavor {id} could not be found. List them with `openstack flavor list`.") from None


def usable_image(caller: Caller, id: str) -> ImageInfo:
    """Raises :class:`BadRequest`."""
    try:
        image = images.image(caller, id)
    except NotFound:
        raise BadRequest(reason=f"Image {id} could not be found. List them with `openstack image list`.") from None
    if image.status != "active":
        raise BadRequest(
            reason=f"Image {image.id} is not active but {image.status}. Wait until it is, or choose another."
        )
    if image.blob_id and (image.disk_format not in BOOTABLE or image.container_format != "bare"):
        what = f"{image.disk_format} in {image.container_format}"
        raise BadRequest(
            reason=f"Image {image.id} is unacceptable: servers are made of raw and qcow2 images, not of {what}."
        )
    return image


def image_with_content(caller: Caller, id: str) -> ImageInfo:
    """The same, to be written onto a disk that there is. Raises :class:`BadRequest`."""
    image = usable_image(caller, id)
    if composing.is_composed(image):
        raise BadRequest(
            reason=f"Image {image.id} has no content, but names snapshots. Make a server, or a volume, of it."
        )
    return image


def check_room(image: ImageInfo, flavor: str, *, disk: int, ram: int) -> None:
    """Does it fit into a server of this size? Raises :class:`BadRequest`."""
    needed = _needed(image)
    _check_enough("Flavor's disk", flavor, disk or needed, needed, "GiB")
    check_memory(image.min_ram, flavor, ram=ram)


def check_volume(image: ImageInfo, volume: str, *, size: int) -> None:
    """Does it fit into a volume of ``size`` GiB? Raises :class:`BadRequest`."""
    _check_enough("Volume", volume, size, _needed(image), "GiB")


def _needed(image: ImageInfo) -> int:
    """GiB."""
    return max(image.min_disk, -(-(image.virtual_size or 0) // GIB))


def check_memory(needed: int, flavor: str, *, ram: int) -> None:
    """MiB. Raises :class:`BadRequest`."""
    _check_enough("Flavor's memory", flavor, ram, needed, "MiB")


def _check_enough(what: str, whose: str, has: int, needs: int, unit: str) -> None:
    if has < needs:
        reason = f"{what} is too small: {whose} has {has} {unit}, the image needs {needs} {unit}."
        raise BadRequest(reason=reason)


def public_key(caller: Caller, name: str) -> str:
    """Raises :class:`BadRequest`."""
    try:
        pair = queries.keypair(caller, name)
    except NotFound:
        raise BadRequest(
            reason=f"The key pair {name} could not be found. List them with `openstack keypair list`."
        ) from None
    if pair.type != "ssh":
        raise BadRequest(reason=f"The key pair {name} is a certificate. The guests of this cloud are told SSH keys.")
    return pair.public_key
