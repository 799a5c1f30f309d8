"""``block_device_mapping_v2``, and ``block_device_mapping`` of before it: the disks of a new server as clients describe them. Its
own is made of its image and goes with it; all others are volumes, that are there or made for it, and one of them may be what it
boots from. What this cloud has not is refused by what it is.
"""

from typing import Any, Final

from logic.errors import BadRequest
from logic.volume.commands.equipping import NewDisk
from synnefo.api.compute.requests.fields import flag, identifier, not_here, whole
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

Device = dict[str, Any]
MAPPING: Final = "server.block_device_mapping_v2"
OLD_MAPPING: Final = "server.block_device_mapping"
SIZES: Final = 2**31 - 1
_KNOWN: Final = frozenset({
    "uuid", "source_type", "destination_type", "boot_index", "delete_on_termination", "volume_size", "volume_type", "device_name",
    "device_type", "disk_bus", "guest_format", "no_device", "tag",
})  # fmt: skip
_KNOWN_BEFORE: Final = frozenset({
    "volume_id", "snapshot_id", "volume_size", "device_name", "delete_on_termination", "no_device", "virtual_name",
    "connection_info",
})  # fmt: skip
_USUAL: Final = {"image": "local", "volume": "volume", "snapshot": "volume", "blank": "local"}
_ADVICE: Final = {
    "disk_bus": "its clusters choose the bus of all disks. Leave it out.",
    "guest_format": "disks begin with what they are made of. Leave it out.",
    "tag": "devices have no tags. Leave it out.",
}
_SEQUENCE: Final = (
    "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid. "
    "One device has the boot_index 0, and others that are booted from count on from there."
)


def wanted(call: Call, image: str, devices: list[Device], before: list[Any]) -> tuple[str, tuple[NewDisk, ...]]:
    """The id of the image that the server's own disk is made from, empty when it boots from a volume; and its volumes. Raises
    :class:`BadRequest`."""
    if devices and before:
        raise BadRequest(reason="Using different block_device_mapping syntaxes is not allowed in the same request.")
    if before:
        devices = _as_today(image, before)
    devices = [_described(call, device) for device in devices if not _is_none(device)]
    if devices:
        _check_sequence(devices)
        _check_names(devices)
    roots = [device for device in devices if device["destination_type"] == "local"]
    volumes = tuple(_volume(device) for device in devices if device["destination_type"] == "volume")
    return _image(image, roots, volumes), volumes


def _image(named: str, roots: list[Device], volumes: tuple[NewDisk, ...]) -> str:
    """Of the server's own disk."""
    booted = next((one for one in volumes if one.root), None)
    if booted and named and booted.image != named:
        raise BadRequest(reason=f"imageRef names an image, and {MAPPING} a volume to boot from. Name one of them.")
    if booted:
        return ""
    if named and roots and roots[0]["uuid"] != named:
        raise BadRequest(reason=f"imageRef and {MAPPING} name different images. Name one.")
    if not (named or roots):
        raise BadRequest(
            reason="The field server.imageRef is required: servers are made from an image, or boot from a volume. Name one."
        )
    return named or str(roots[0]["uuid"])


def _is_none(device: Any) -> bool:
    """Nova's way of leaving out what an image says of devices: images here say nothing of them."""
    if not isinstance(device, dict):
        raise BadRequest(reason=f"Each item of {MAPPING} must be an object. Correct it.")
    return bool(device.get("no_device")) and flag(str(device["no_device"]), f"{MAPPING}.no_device")


def _described(call: Call, device: Device) -> Device:
    """One that can be had, with what is usual where nothing is said."""
    sent = {key: value for key, value in device.items() if value is not None and value != ""}
    if unknown := sorted(sent.keys() - _KNOWN):
        raise BadRequest(
            reason=f"Additional properties are not allowed in {MAPPING}: {clipped(unknown[0])!r}. Leave it out."
        )
    source = str(sent.get("source_type", ""))
    destination = str(sent.get("destination_type", "") or _USUAL.get(source, ""))
    if source not in _USUAL or destination not in {"local", "volume"}:
        raise BadRequest(reason=f"{MAPPING} needs a source_type and a destination_type of Nova's. Correct it.")
    for name, advice in _ADVICE.items():
        if name in sent:
            raise not_here(f"{MAPPING}.{name}", advice)
    if sent.get("device_type", "disk") != "disk":
        raise not_here(f"{MAPPING}.device_type", "all its devices are disks. Leave it out.")
    _check_type(call, sent, source, destination)
    _check_source(sent, source, destination)
    index = sent.get("boot_index", -1)
    found = {
        "source_type": source,
        "destination_type": destination,
        "boot_index": whole(index, f"{MAPPING}.boot_index", low=-SIZES),
    }
    return sent | found


def _check_type(call: Call, sent: Device, source: str, destination: str) -> None:
    if "volume_type" not in sent:
        return
    if not call.at_least(Since.VOLUME_TYPE):
        reason = f"The field {MAPPING}.volume_type is not known in version 2.{call.version[1]}."
        raise BadRequest(reason=f"{reason} Remove it, or ask for 2.{int(Since.VOLUME_TYPE)}.")
    if source == "volume" or destination == "local":
        raise BadRequest(
            reason="A volume_type is of a volume that is made: not of one that is there, nor of a local disk. Leave it out."
        )


def _check_source(sent: Device, source: str, destination: str) -> None:
    """Does it say of what, and how large, and can the one become the other?"""
    if source == "blank" and "uuid" in sent:
        raise BadRequest(reason="Block Device Mapping is Invalid: Invalid device UUID. An empty device has none.")
    if source != "blank" and "uuid" not in sent:
        raise BadRequest(reason="Block Device Mapping is Invalid: Missing device UUID. Name what it is made of.")
    if destination == "local":
        _check_local(sent, source)
        return
    if source in {"blank", "image"} and not _size(sent):
        what = (
            "Blank volumes (source: 'blank', dest: 'volume')"
            if source == "blank"
            else "Images with destination_type 'volume'"
        )
        raise BadRequest(reason=f"{what} need to have a non-zero size specified. Name the volume_size in GiB.")


def _check_local(sent: Device, source: str) -> None:
    if source == "blank":
        raise not_here(MAPPING, "disks for swap and ephemeral ones are as the flavor says. Choose another flavor.")
    if source != "image":
        raise not_here(MAPPING, f"a {source} becomes a volume. Send the destination_type volume.")
    if str(sent.get("boot_index")) != "0" or _size(sent):
        raise not_here(
            MAPPING, "its one local disk to boot from is made from imageRef, as large as its flavor says. Leave it out."
        )
    if not flag(str(sent.get("delete_on_termination", True)), f"{MAPPING}.delete_on_termination"):
        raise not_here(f"{MAPPING}.delete_on_termination", "a local disk goes with its server. Send true.")


def _size(sent: Device) -> int:
    return whole(sent.get("volume_size", 0), f"{MAPPING}.volume_size", high=SIZES)


def _check_sequence(devices: list[Device]) -> None:
    indexes = sorted(device["boot_index"] for device in devices if device["boot_index"] >= 0)
    if indexes != list(range(len(indexes))) or not indexes:
        raise BadRequest(reason=_SEQUENCE)


def _check_names(devices: list[Device]) -> None:
    """Each its own, ``vdb`` and ``/dev/vdb`` being one."""
    names = [name for device in devices if (name := _mountpoint(device.get("device_name", "")))]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise BadRequest(reason=f"Block Device Mapping is Invalid: two devices are named {twice}. Name each otherwise.")


def _volume(device: Device) -> NewDisk:
    source = device["source_type"]
    named = {} if source == "blank" else {source: identifier(str(device["uuid"]), f"{MAPPING}.uuid")}
    return NewDisk(
        **named,
        size=_size(device) or None,
        type=str(device.get("volume_type", "")),
        root=device["boot_index"] == 0,
        goes_along=flag(str(device.get("delete_on_termination", False)), f"{MAPPING}.delete_on_termination"),
        mountpoint=_mountpoint(device.get("device_name", "")),
    )


def _mountpoint(name: Any) -> str:
    told = str(name)
    if len(told) > 255 or not all(one.isascii() and (one.isalnum() or one in "._-/") for one in told):  # noqa: PLR2004 - the column
        raise BadRequest(reason=f"The field {MAPPING}.device_name must be a name such as /dev/vdb. Correct it.")
    return told if told.startswith("/") or not told else f"/dev/{told}"


def _as_today(image: str, before: list[Any]) -> list[Device]:
    """The mapping of Nova's first version: volumes and snapshots. Without an image the one called vda is booted from, or else the
    first."""
    devices = [_converted(device) for device in before if not _is_none(device)]
    named = [device for device in devices if str(device.get("device_name", "")).removeprefix("/dev/") == "vda"]
    if image and not named:
        own = {"source_type": "image", "destination_type": "local", "uuid": image, "boot_index": 0}
        return [own, *devices]
    for device in named[:1] or devices[:1]:
        device["boot_index"] = 0
    return devices


def _converted(device: Device) -> Device:
    sent = {key: value for key, value in device.items() if value not in (None, "")}
    if unknown := sorted(sent.keys() - _KNOWN_BEFORE):
        raise BadRequest(
            reason=f"Additional properties are not allowed in {OLD_MAPPING}: {clipped(unknown[0])!r}. Leave it out."
        )
    for name in ("virtual_name", "connection_info"):
        if name in sent:
            raise not_here(f"{OLD_MAPPING}.{name}", "its disks are its own and volumes. Leave it out.")
    source = "volume" if "volume_id" in sent else "snapshot"
    if f"{source}_id" not in sent:
        raise BadRequest(reason=f"Each item of {OLD_MAPPING} needs a volume_id or a snapshot_id. Name one.")
    kept = {key: value for key, value in sent.items() if key in _KNOWN}
    return {"source_type": source, "destination_type": "volume", "uuid": sent[f"{source}_id"], **kept}
