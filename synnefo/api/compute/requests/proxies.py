"""What clients of before 2.36 ask for here, in Nova's words of then: volumes, snapshots, floating addresses, groups."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from logic import decoding
from logic.errors import BadRequest
from logic.network.security.commands import NewGroup
from logic.network.security.rules import NewRule
from logic.volume.commands import NewVolume
from logic.volume.commands.snapshots import NewSnapshot
from logic.volume.queries.pages import Wanted
from synnefo.api.compute.requests.fields import Flag, Items, Name, Text, Whole, flag, identifier, items, whole
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Call

MAX_PORT = 65535
IPV6 = ":"


def page(call: Call) -> Wanted:
    """Raises :class:`BadRequest`."""
    return Wanted(limit=paging.page(call).limit, offset=call.query.number("offset", 0))


class Volume(msgspec.Struct, frozen=True):
    size: Whole
    display_name: Text | None = None
    display_description: Text | None = None
    metadata: Items | None = None
    volume_type: Text | None = None
    availability_zone: Text | None = None
    snapshot_id: Text | None = None


class VolumeBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    volume: Volume


def volume(call: Call) -> NewVolume:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(VolumeBody).volume
    return NewVolume(
        size=whole(wanted.size, "volume.size", low=1),
        name=wanted.display_name or "",
        description=wanted.display_description,
        metadata=items(wanted.metadata or {}, "volume.metadata"),
        type=wanted.volume_type or "",
        zone=wanted.availability_zone or "",
        snapshot=wanted.snapshot_id or "",
    )


class Snapshot(msgspec.Struct, frozen=True):
    volume_id: Name
    display_name: Text | None = None
    display_description: Text | None = None
    force: Flag = False


class SnapshotBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    snapshot: Snapshot


def snapshot(call: Call) -> NewSnapshot:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(SnapshotBody).snapshot
    return NewSnapshot(
        volume=wanted.volume_id,
        name=wanted.display_name or "",
        description=wanted.display_description,
        attached=flag(wanted.force, "snapshot.force"),
    )


class Pool(msgspec.Struct, frozen=True):
    pool: Text | None = None


def pool(call: Call) -> str:
    """A network's name or id; empty for whichever there is. A body may be left out. Raises :class:`BadRequest`."""
    sent = call.decode(Pool | None) if call.body.strip() else None  # type: ignore[arg-type]  # a union of a body and none
    return (sent.pool if sent else None) or ""


class Address(msgspec.Struct, frozen=True):
    address: Annotated[str, Meta(min_length=1, max_length=45)]
    fixed_address: Annotated[str, Meta(max_length=45)] | None = None


def address(name: str, value: Any) -> Address:
    """Raises :class:`BadRequest`."""
    try:
        return decoding.convert(value, Address)
    except msgspec.ValidationError:
        raise BadRequest(reason=f'The action {name} needs {{"address": …}}, of a floating address.') from None


class Group(msgspec.Struct, frozen=True):
    name: Name
    description: Text = ""


class GroupBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    security_group: Group


def group(call: Call) -> NewGroup:
    """Nova wants more than spaces of a name. Raises :class:`BadRequest`."""
    wanted = call.decode(GroupBody).security_group
    if not wanted.name.strip():
        raise BadRequest(reason="The field security_group.name must not be of spaces only.")
    return NewGroup(name=wanted.name, description=wanted.description)


class Rule(msgspec.Struct, frozen=True):
    parent_group_id: Name
    ip_protocol: str | None = None
    from_port: Whole | None = None
    to_port: Whole | None = None
    cidr: Text | None = None
    group_id: Text | None = None


class RuleBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    security_group_rule: Rule


def rule(call: Call) -> NewRule:
    """One for what comes in; -1 is any. Raises :class:`BadRequest`."""
    wanted = call.decode(RuleBody).security_group_rule
    ports = [_port(value, name) for name, value in (("from_port", wanted.from_port), ("to_port", wanted.to_port))]
    if not wanted.group_id and (not wanted.ip_protocol or None in (wanted.from_port, wanted.to_port)):
        raise BadRequest(reason="A rule without group_id needs ip_protocol, from_port and to_port.")
    return NewRule(
        group=identifier(wanted.parent_group_id, "security_group_rule.parent_group_id"),
        direction="ingress",
        ethertype="IPv6" if IPV6 in (wanted.cidr or "") else "IPv4",
        protocol=wanted.ip_protocol or "",
        port_min=ports[0],
        port_max=ports[1],
        remote_prefix="" if wanted.group_id else wanted.cidr or "",
        remote_group=wanted.group_id or "",
    )


def _port(value: Whole | None, name: str) -> int | None:
    if value is None:
        return None
    number = whole(value, f"security_group_rule.{name}", low=-1, high=MAX_PORT)
    return None if number < 0 else number
