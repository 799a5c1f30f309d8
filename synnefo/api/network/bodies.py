"""Bodies of what can be made and changed of security groups and their rules. Decoded into what
``logic.network.security`` takes; a field that is not here is refused.

Rules and groups come alone, or several under the plural.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from logic.errors import BadRequest
from logic.network.security import refusals
from logic.network.security.commands import NewGroup
from logic.network.security.rules import ETHERTYPES, NewRule
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

MOST = 100  # of a request
_ETHERTYPES = {one.lower(): one for one in ETHERTYPES}


class Group(Struct, forbid_unknown_fields=True, frozen=True):
    """A new group."""

    name: str = ""
    description: str | None = None
    tenant_id: str | None = None
    project_id: str | None = None
    stateful: bool | None = None


class GroupChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What of a group can be changed."""

    name: str | None = None
    description: str | None = None
    stateful: bool | None = None


class Rule(Struct, forbid_unknown_fields=True, frozen=True):
    """A new rule. Clients send numbers as text, too."""

    security_group_id: str
    direction: str
    ethertype: str | None = None
    protocol: str | int | None = None
    port_range_min: int | str | None = None
    port_range_max: int | str | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    remote_address_group_id: str | None = None
    description: str | None = None
    tenant_id: str | None = None
    project_id: str | None = None


class Groups(Struct, forbid_unknown_fields=True, frozen=True):
    security_group: Group | None = None
    security_groups: list[Group] | None = None


class Rules(Struct, forbid_unknown_fields=True, frozen=True):
    security_group_rule: Rule | None = None
    security_group_rules: list[Rule] | None = None


class GroupsChange(Struct, forbid_unknown_fields=True, frozen=True):
    security_group: GroupChange


def groups(call: Call) -> tuple[bool, list[NewGroup]]:
    """Whether it is one alone, and all. Raises :class:`BadRequest`."""
    body = call.decode(Groups)
    sent = several("security_group", body.security_group, body.security_groups)
    return body.security_group is not None, [_group(one) for one in sent]


def rules(call: Call) -> tuple[bool, list[NewRule]]:
    """As :func:`groups`."""
    body = call.decode(Rules)
    sent = several("security_group_rule", body.security_group_rule, body.security_group_rules)
    return body.security_group_rule is not None, [_rule(one) for one in sent]


def group_change(call: Call) -> GroupChange:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(GroupsChange).security_group
    _check_stateful(wanted.stateful)
    return wanted


def several(name: str, one: Any, many: Sequence[Any] | None) -> Sequence[Any]:
    """All of a body that has one, or some under the plural. Raises :class:`BadRequest`."""
    sent = [one] if one is not None else many
    if not sent or (one is not None and many is not None):
        raise BadRequest(reason=f"The body must hold one {name}, or some {name}s.")
    if len(sent) > MOST:
        raise BadRequest(reason=f"At most {MOST} {name}s can be made by one request. Send several.")
    return sent


def _group(sent: Group) -> NewGroup:
    _check_stateful(sent.stateful)
    project = sent.project_id or sent.tenant_id or ""
    return NewGroup(name=sent.name, description=sent.description or "", project=project)


def _check_stateful(stateful: bool | None) -> None:
    if stateful is False:
        raise BadRequest(reason="Security groups of this cloud are stateful. Leave stateful out.")


def _rule(sent: Rule) -> NewRule:
    return NewRule(
        group=sent.security_group_id,
        direction=sent.direction,
        ethertype=_ETHERTYPES.get((sent.ethertype or "IPv4").lower(), sent.ethertype or ""),
        protocol="" if sent.protocol is None else str(sent.protocol),
        port_min=_port(sent.port_range_min),
        port_max=_port(sent.port_range_max),
        remote_prefix=sent.remote_ip_prefix or "",
        remote_group=sent.remote_group_id or "",
        remote_addresses=sent.remote_address_group_id or "",
        description=sent.description or "",
        project=sent.project_id or sent.tenant_id or "",
    )


def _port(sent: int | str | None) -> int | None:
    if sent is None or isinstance(sent, int):
        return sent
    if sent.isascii() and sent.isdigit() and len(sent) <= len("65535"):
        return int(sent)
    raise refusals.SecurityGroupInvalidPortValue(port=clipped(sent))
