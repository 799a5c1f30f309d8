"""``block_device_mapping_v2``: the disks of a new server as clients describe them. A server here has one local disk, made from
its image, which goes with it; volumes are attached when it is there. Everything else is refused by what it is.
"""

from typing import Any

from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import flag, not_here

_FIELD = "server.block_device_mapping_v2"
_PLAIN = {"uuid", "source_type", "destination_type", "boot_index", "delete_on_termination", "volume_size"}
_SOURCES, _DESTINATIONS = {"image", "volume", "snapshot", "blank"}, {"local", "volume", ""}
_ADVICE = {
    ("image", "volume"): "servers boot from their local disk. Send the destination_type local.",
    ("volume", "volume"): "make the server without it, then attach the volume.",
    ("snapshot", "volume"): "make a volume of the snapshot and attach it to the server when it is made.",
    ("blank", "volume"): "make a volume and attach it to the server when it is made.",
    (
        "blank",
        "local",
    ): "a server has one local disk, without swap or ephemeral ones. Choose a flavor with a larger one.",
}
_ONE = "a server has one local disk, made from imageRef. Leave it out."


def image(named: str, devices: list[dict[str, Any]]) -> str:
    """The id of the image that the server is made from: the one that is ``named``, or that its root is described by. Raises
    :class:`BadRequest`."""
    roots = [_root(device) for device in devices]
    if len(roots) > 1:
        raise not_here(_FIELD, _ONE)
    if named and roots and roots[0] != named:
        raise BadRequest(reason=f"imageRef and {_FIELD} name different images. Name one.")
    if not (named or roots):
        raise BadRequest(reason="The field server.imageRef is required: servers are made from an image. Name one.")
    return named or roots[0]


def _root(device: dict[str, Any]) -> str:
    """The image of the disk that is booted from."""
    sent = {key: value for key, value in device.items() if value is not None}
    source, destination = str(sent.get("source_type", "")), str(sent.get("destination_type", ""))
    if source not in _SOURCES or destination not in _DESTINATIONS:
        raise BadRequest(reason=f"{_FIELD} needs a source_type and a destination_type of Nova's. Correct it.")
    if (source, destination) != ("image", "local"):
        raise not_here(_FIELD, _ADVICE.get((source, destination), _ONE))
    if more := sorted(key for key in sent.keys() - _PLAIN if sent[key] != ""):
        raise not_here(f"{_FIELD}.{more[0]}", "leave it out.")
    if str(sent.get("boot_index")) != "0" or sent.get("volume_size") not in (None, 0, "0", ""):
        raise not_here(_FIELD, _ONE)
    if not flag(str(sent.get("delete_on_termination", True)), f"{_FIELD}.delete_on_termination"):
        raise not_here(f"{_FIELD}.delete_on_termination", "a local disk goes with its server. Send true.")
    return str(sent.get("uuid", ""))
