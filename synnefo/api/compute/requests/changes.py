"""Changes of a server that exists: ``PUT /servers/{id}``, its metadata, its actions, its interfaces."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from logic import decoding
from logic.compute.commands import Changes
from logic.errors import BadRequest
from logic.network.commands import NewNic
from logic.volume.queries import VolumeInfo
from synnefo.api.compute.requests.fields import (
    DiskConfig,
    Flag,
    Items,
    Name,
    Text,
    address,
    flag,
    hostname,
    identifier,
    items,
    name,
    not_here,
    of_version,
    tag,
)
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped


class Changed(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What ``PUT`` may name."""

    name: Name | None = None
    description: Text | UnsetType | None = UNSET
    hostname: str | UnsetType = UNSET
    accessIPv4: str | None = None  # noqa: N815 - Nova's name
    accessIPv6: str | None = None  # noqa: N815 - Nova's name
    disk_config: DiskConfig | None = field(default=None, name="OS-DCF:diskConfig")


class ChangedBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``PUT /servers/{id}``."""

    server: Changed


def change(call: Call) -> Changes:
    """Raises :class:`BadRequest`, also for what cannot be changed here."""
    wanted = call.decode(ChangedBody).server
    of_version(call, wanted, {"description": Since.DESCRIPTION, "hostname": Since.HOSTNAME}, "server")
    if wanted.name is not None:
        name(wanted.name, "server.name")
    return Changes(
        name=wanted.name,
        description=wanted.description,
        hostname=hostname(call, wanted.hostname, "server.hostname"),
        disk_config=wanted.disk_config,
        access_ip_v4=address(wanted.accessIPv4, "server.accessIPv4", 4),
        access_ip_v6=address(wanted.accessIPv6, "server.accessIPv6", 6),
    )


class Tags(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All tags of a server."""

    tags: list[str]


def tags(call: Call) -> list[str]:
    """Raises :class:`BadRequest`."""
    return [tag(one, "tags") for one in call.decode(Tags).tags]


class Reset(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``os-resetState``."""

    state: Literal["active", "error"]


def is_error(value: Any) -> bool:
    """The state that is wanted. Raises :class:`BadRequest`."""
    try:
        return decoding.convert(value, Reset).state == "error"
    except msgspec.ValidationError:
        raise BadRequest(reason='The action os-resetState needs {"state": "active"} or {"state": "error"}.') from None


class Lock(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``lock``, from 2.73."""

    locked_reason: Name | None = None


def lock(call: Call, value: Any) -> str | None:
    """The reason. Raises :class:`BadRequest`."""
    if not call.at_least(Since.LOCKED_REASON) or value in (None, ""):
        if value not in (None, {}, ""):
            raise BadRequest(reason=f"The action lock takes nothing in version 2.{call.version[1]}. Send null.")
        return None
    try:
        return decoding.convert(value, Lock).locked_reason
    except msgspec.ValidationError:
        raise BadRequest(
            reason='The action lock needs null or {"locked_reason": "…"}, of 1 to 255 characters.'
        ) from None


class Group(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What ``addSecurityGroup`` and its opposite name: a group's name or id."""

    name: Name


class Metadata(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All items, or those to change."""

    metadata: Items


def metadata(call: Call) -> dict[str, str]:
    """Raises :class:`BadRequest`."""
    return items(call.decode(Metadata).metadata, "metadata")


class MetadataItem(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One item, under the key that the address names."""

    meta: Items


def metadata_item(call: Call, key: str) -> dict[str, str]:
    """Raises :class:`BadRequest` unless it is the one item of the address."""
    sent = items(call.decode(MetadataItem).meta, "meta")
    if sent.keys() != {key}:
        raise BadRequest(reason=f"The body must hold the one item {clipped(key)!r} that the address names.")
    return sent


class Reboot(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``reboot``."""

    type: Literal["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]


class Resize(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the action ``resize``."""

    flavorRef: Name | int  # noqa: N815 - Nova's name
    disk_config: DiskConfig | None = field(default=None, name="OS-DCF:diskConfig")


def resize(value: Any) -> tuple[str, str | None]:
    """The id of the flavor, and how its disk shall be. Raises :class:`BadRequest`."""
    try:
        wanted = decoding.convert(value, Resize)
    except msgspec.ValidationError as error:
        reason = f"The action resize cannot be read: {error}. It needs the flavorRef of a flavor."
        raise BadRequest(reason=reason) from None
    return str(wanted.flavorRef), wanted.disk_config


def action(call: Call) -> tuple[str, Any]:
    """The one action of a body and its value. Raises :class:`BadRequest`."""
    body = call.decode(dict[str, Any])
    if len(body) != 1:
        raise BadRequest(reason=f"The body must hold exactly one action, not {len(body)}.")
    return next(iter(body.items()))


class FixedIp(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An item of ``fixed_ips``."""

    ip_address: Text


class Attachment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The interface to add; nothing said: on a default network."""

    net_id: Text | None = None
    port_id: str | None = None
    fixed_ips: list[FixedIp] = []
    tag: str | None = None


class AttachmentBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``POST …/os-interface``."""

    interfaceAttachment: Attachment = Attachment()  # noqa: N815 - Nova's name


def attachment(call: Call) -> NewNic | None:
    """None: a default network. Raises :class:`BadRequest`."""
    wanted = call.decode(AttachmentBody).interfaceAttachment
    if wanted.port_id and wanted.net_id:
        raise BadRequest(reason="Name net_id or port_id, not both.")
    if wanted.tag:
        raise not_here("interfaceAttachment.tag", "devices have no tags. Leave it out.")
    if wanted.port_id and not wanted.fixed_ips:
        return NewNic(port=identifier(wanted.port_id, "interfaceAttachment.port_id"))
    if wanted.fixed_ips and not wanted.net_id:
        raise BadRequest(reason="fixed_ips needs net_id. Name the network too.")
    if len(wanted.fixed_ips) > 1:
        raise not_here("interfaceAttachment.fixed_ips", "an interface has one address. Name one.")
    fixed = wanted.fixed_ips[0].ip_address if wanted.fixed_ips else ""
    return (
        NewNic(network=identifier(wanted.net_id, "interfaceAttachment.net_id"), fixed_ip=fixed)
        if wanted.net_id
        else None
    )


class VolumeAttachment(msgspec.Struct, frozen=True):
    """A volume for a server. ``device`` is a wish that Nova's drivers do not keep either."""

    volumeId: str  # noqa: N815 - Nova's name
    device: str | None = None
    tag: str | UnsetType | None = UNSET
    delete_on_termination: Flag | UnsetType = UNSET


class VolumeAttachmentBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``POST …/os-volume_attachments``."""

    volumeAttachment: VolumeAttachment  # noqa: N815


def volume_attachment(call: Call) -> tuple[str, bool]:
    """The id of the volume, and whether it goes with the server. Raises :class:`BadRequest`, also for what cannot be had here."""
    wanted = call.decode(VolumeAttachmentBody).volumeAttachment
    of_version(call, wanted, {"delete_on_termination": Since.ATTACHMENT_FLAG}, "volumeAttachment")
    if wanted.tag:
        raise not_here("volumeAttachment.tag", "devices have no tags. Leave it out.")
    return identifier(wanted.volumeId, "volumeAttachment.volumeId"), bool(_goes_along(wanted.delete_on_termination))


class AttachmentChange(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What ``PUT …/os-volume_attachments/{volume}`` may name. But for the volume and the flag all must be as it is."""

    volumeId: str  # noqa: N815 - Nova's name
    id: str | UnsetType = UNSET
    serverId: str | UnsetType = UNSET  # noqa: N815 - Nova's name
    device: str | UnsetType | None = UNSET
    tag: str | UnsetType | None = UNSET
    delete_on_termination: Flag | UnsetType = UNSET


class AttachmentChangeBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Its envelope."""

    volumeAttachment: AttachmentChange  # noqa: N815


def attachment_change(call: Call, there: VolumeInfo) -> tuple[str, bool | None]:
    """The id of the volume that there shall be, and whether it goes with the server (None: as it is). Raises
    :class:`BadRequest`."""
    wanted = call.decode(AttachmentChangeBody).volumeAttachment
    since = dict.fromkeys(("id", "serverId", "device", "tag", "delete_on_termination"), Since.ATTACHMENT_CHANGED)
    of_version(call, wanted, since, "volumeAttachment")
    known = {"id": there.id, "serverId": there.server, "device": there.mountpoint or None, "tag": None}
    for field_name, value in known.items():
        if getattr(wanted, field_name) not in (UNSET, value):
            raise BadRequest(reason=f"The {field_name} of an attachment cannot be changed. Leave it out.")
    return identifier(wanted.volumeId, "volumeAttachment.volumeId"), _goes_along(wanted.delete_on_termination)


def _goes_along(flagged: Flag | UnsetType) -> bool | None:
    return None if flagged is UNSET else flag(flagged, "volumeAttachment.delete_on_termination")
