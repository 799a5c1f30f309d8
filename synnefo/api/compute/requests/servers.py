"""``POST /servers``: what a client may ask of a new server, and what of it this cloud can do.

Every field Nova knows is read. What cannot be done here is refused by name: nothing that was asked for is ignored.
"""

import base64
import binascii
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from logic.compute.commands import NewServer
from logic.errors import BadRequest, Forbidden
from logic.network.commands import NewNic
from logic.network.security import switch
from synnefo.api.compute.requests import devices
from synnefo.api.compute.requests.fields import (
    DiskConfig,
    Flag,
    Items,
    Name,
    Text,
    Whole,
    address,
    flag,
    hostname,
    identifier,
    items,
    name,
    not_here,
    of_version,
    password,
    tag,
    whole,
)
from synnefo.api.compute.requests.groups import wishes
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call

MAX_COUNT = 100  # servers of one request
MAX_USER_DATA = 65535  # characters, of base64
DEFAULT_GROUP = "default"


class Nic(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An item of ``networks``."""

    uuid: Text | None = None
    port: str | None = None
    fixed_ip: Text | None = None
    tag: str | None = None


class Group(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An item of ``security_groups``."""

    name: Name


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The new server. Fields of later versions are UNSET unless sent."""

    name: Name
    flavorRef: Name | int  # noqa: N815 - Nova's name
    imageRef: Text = ""  # noqa: N815 - Nova's name
    networks: list[Nic] | str | UnsetType = UNSET
    key_name: Name | None = None
    metadata: Items = {}
    user_data: str | None = None
    availability_zone: Text | None = None
    security_groups: list[Group] = []
    min_count: Whole = 1
    max_count: Whole | None = None
    block_device_mapping_v2: list[dict[str, Any]] = []
    disk_config: DiskConfig | None = field(default=None, name="OS-DCF:diskConfig")
    config_drive: Flag | None = None
    return_reservation_id: Flag = False
    accessIPv4: str | None = None  # noqa: N815 - Nova's name
    accessIPv6: str | None = None  # noqa: N815 - Nova's name
    adminPass: str | None = None  # noqa: N815 - Nova's name
    block_device_mapping: list[Any] = []
    personality: list[Any] | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    trusted_image_certificates: list[str] | UnsetType | None = UNSET
    host: Text | UnsetType = UNSET
    hypervisor_hostname: Text | UnsetType = UNSET
    hostname: str | UnsetType = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope. Hints stand beside the server, under either name."""

    server: Wanted
    hints: dict[str, Any] = field(default={}, name="os:scheduler_hints")
    old_hints: dict[str, Any] = field(default={}, name="OS-SCH-HNT:scheduler_hints")


SINCE = {
    "description": Since.DESCRIPTION,
    "tags": Since.TAGS_AT_CREATION,
    "trusted_image_certificates": Since.CERTIFICATES,
    "host": Since.HOST_WANTED,
    "hypervisor_hostname": Since.HOST_WANTED,
    "hostname": Since.HOSTNAME,
}


class Creation(msgspec.Struct, frozen=True):
    """What was asked, in our words; ``reserve``: the client wants a reservation's id for an answer."""

    server: NewServer
    reserve: bool

    @property
    def groups(self) -> list[str]:
        """The security groups that the server is made with, as they were named."""
        return self.server.security_groups or [DEFAULT_GROUP]


def creation(call: Call) -> Creation:
    """The body of ``POST /servers``. Raises :class:`BadRequest`, :class:`Forbidden`."""
    body = call.decode(Body)
    wanted = body.server
    of_version(call, wanted, SINCE, "server")
    _refuse_absent(call, wanted)
    least = whole(wanted.min_count, "server.min_count", low=1, high=MAX_COUNT)
    most = least if wanted.max_count is None else whole(wanted.max_count, "server.max_count", low=1, high=MAX_COUNT)
    if least > most:
        raise BadRequest(reason="min_count must not be greater than max_count. Correct one of them.")
    image, disks = devices.wanted(call, wanted.imageRef, wanted.block_device_mapping_v2, wanted.block_device_mapping)
    new = NewServer(
        name=name(wanted.name, "server.name"),
        flavor=str(wanted.flavorRef),
        image=image,
        disks=disks,
        nics=_nics(call, wanted.networks),
        security_groups=list(dict.fromkeys(group.name for group in wanted.security_groups)),
        key_name=wanted.key_name or "",
        metadata=items(wanted.metadata, "server.metadata"),
        availability_zone=_zone(call, wanted),
        user_data=user_data(wanted.user_data or ""),
        description=None if wanted.description is UNSET else wanted.description,
        disk_config=wanted.disk_config or "AUTO",
        config_drive=wanted.config_drive is not None and flag(wanted.config_drive, "server.config_drive"),
        password=password(wanted.adminPass, "server.adminPass"),
        tags=[] if wanted.tags is UNSET else [tag(one, "server.tags") for one in wanted.tags],
        hostname=hostname(call, wanted.hostname, "server.hostname") or "",
        access_ip_v4=address(wanted.accessIPv4, "server.accessIPv4", 4) or "",
        access_ip_v6=address(wanted.accessIPv6, "server.accessIPv6", 6) or "",
        wishes=wishes(body.hints | body.old_hints),
        count=most,
        at_least=least,
    )
    return Creation(new, reserve=flag(wanted.return_reservation_id, "server.return_reservation_id"))


def _refuse_absent(call: Call, wanted: Wanted) -> None:
    """Options without which the server would not be what was asked for."""
    if not switch.on() and any(group.name != DEFAULT_GROUP for group in wanted.security_groups):
        raise not_here("server.security_groups", "there is only the group default. Name that, or leave it out.")
    if wanted.personality is not UNSET and (wanted.personality or call.at_least(Since.NO_PERSONALITY)):
        raise not_here("server.personality", "send user_data instead.")
    for field_name, sent, advice in (
        ("trusted_image_certificates", wanted.trusted_image_certificates or None, "leave it out."),
    ):
        if sent:
            raise not_here(f"server.{field_name}", advice)


def _nics(call: Call, networks: list[Nic] | str | UnsetType) -> list[NewNic] | Literal["auto"] | None:
    """None: the default networks. From 2.37 something must be said; ``none`` and ``auto`` are words for it."""
    worded = call.at_least(Since.NETWORKS_REQUIRED)
    if networks is UNSET:
        if worded:
            raise BadRequest(reason="The field server.networks is required. Send a list, or the word auto or none.")
        return None
    if isinstance(networks, str):
        if not worded or networks not in {"auto", "none"}:
            raise BadRequest(reason="The field server.networks must be a list, or from 2.37 the word auto or none.")
        return "auto" if networks == "auto" else []
    return [_nic(nic) for nic in networks] or None


def _nic(nic: Nic) -> NewNic:
    if nic.tag:
        raise not_here("server.networks.tag", "devices have no tags. Leave it out.")
    if nic.port:
        if nic.fixed_ip:
            raise BadRequest(reason="fixed_ip cannot be named together with a port, which has its own. Leave it out.")
        return NewNic(port=identifier(nic.port, "server.networks.port"))
    if not nic.uuid:
        raise BadRequest(reason="Each item of server.networks needs the uuid of a network, or a port.")
    return NewNic(network=identifier(nic.uuid, "server.networks.uuid"), fixed_ip=nic.fixed_ip or "")


def _zone(call: Call, wanted: Wanted) -> str:
    """Each cluster is a zone and a host: naming the host, which is for admins, means that zone."""
    hosts = {host for host in (wanted.host, wanted.hypervisor_hostname) if isinstance(host, str)}
    zone, _, place = (wanted.availability_zone or "").partition(":")
    hosts |= {part for part in place.split(":") if part}
    if hosts and not call.caller.is_admin:
        raise Forbidden(action="choosing the host of a server", needs="admin")
    names = hosts | ({zone} if zone else set())
    if len(names) > 1:
        raise BadRequest(reason="The zone and the host differ: here each host is a zone of its own. Name one of them.")
    return next(iter(names), "")


def user_data(text: str) -> str:
    """Raises :class:`BadRequest` unless it is base64."""
    if len(text) > MAX_USER_DATA:
        raise BadRequest(reason=f"The field server.user_data must have at most {MAX_USER_DATA} characters.")
    compact = "".join(text.split())
    try:
        base64.b64decode(compact, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(reason="The field server.user_data must be base64. Encode it and send it again.") from None
    return compact
