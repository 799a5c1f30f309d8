"""The value of the action ``rebuild``: what a client may ask of a server that is made anew, and what of it this cloud can do."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType, field

from logic import decoding
from logic.compute.commands import Rebuilt
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import (
    DiskConfig,
    Flag,
    Items,
    Name,
    Text,
    address,
    flag,
    hostname,
    items,
    name,
    not_here,
    of_version,
    password,
)
from synnefo.api.compute.requests.servers import user_data
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Fields of later versions are UNSET unless sent."""

    imageRef: Name  # noqa: N815 - Nova's name
    name: Name | None = None
    metadata: Items | None = None
    disk_config: DiskConfig | None = field(default=None, name="OS-DCF:diskConfig")
    preserve_ephemeral: Flag = False
    adminPass: str | None = None  # noqa: N815 - Nova's name
    accessIPv4: str | None = None  # noqa: N815 - Nova's name
    accessIPv6: str | None = None  # noqa: N815 - Nova's name
    personality: list[Any] | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    key_name: Name | UnsetType | None = UNSET
    user_data: str | UnsetType | None = UNSET
    trusted_image_certificates: list[str] | UnsetType | None = UNSET
    hostname: str | UnsetType = UNSET


SINCE = {
    "description": Since.DESCRIPTION,
    "key_name": Since.REBUILD_KEY,
    "user_data": Since.NO_PERSONALITY,
    "trusted_image_certificates": Since.CERTIFICATES,
    "hostname": Since.HOSTNAME,
}


def rebuilt(call: Call, value: Any) -> Rebuilt:
    """Raises :class:`BadRequest`."""
    try:
        wanted = decoding.convert(value, Wanted)
    except msgspec.ValidationError as error:
        raise BadRequest(
            reason=f"The action rebuild cannot be read: {error}. It needs the imageRef of an image."
        ) from None
    of_version(call, wanted, SINCE, "rebuild")
    _refuse_absent(call, wanted)
    return Rebuilt(
        of_volume=call.at_least(Since.REBUILT_VOLUME),
        password=password(wanted.adminPass, "rebuild.adminPass"),
        image=wanted.imageRef,
        name=None if wanted.name is None else name(wanted.name, "rebuild.name"),
        description=wanted.description,
        metadata=None if wanted.metadata is None else items(wanted.metadata, "rebuild.metadata"),
        hostname=hostname(call, wanted.hostname, "rebuild.hostname"),
        disk_config=wanted.disk_config,
        access_ip_v4=address(wanted.accessIPv4, "rebuild.accessIPv4", 4),
        access_ip_v6=address(wanted.accessIPv6, "rebuild.accessIPv6", 6),
        key_name=wanted.key_name,
        user_data=user_data(wanted.user_data) if isinstance(wanted.user_data, str) else wanted.user_data,
    )


def _refuse_absent(call: Call, wanted: Wanted) -> None:
    """Options without which the server would not be what was asked for."""
    if wanted.personality is not UNSET and (wanted.personality or call.at_least(Since.NO_PERSONALITY)):
        raise not_here("rebuild.personality", "no files are put into guests. Leave it out.")
    for field_name, sent, advice in (
        ("preserve_ephemeral", flag(wanted.preserve_ephemeral, "rebuild.preserve_ephemeral"), "leave it out."),
        ("trusted_image_certificates", wanted.trusted_image_certificates or None, "leave it out."),
    ):
        if sent:
            raise not_here(f"rebuild.{field_name}", advice)
