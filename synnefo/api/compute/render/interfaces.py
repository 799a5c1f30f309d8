"""What Nova shows of a server's network: interfaces, and security groups in the words of its own former ones."""

import uuid
from typing import Annotated, Any, NotRequired, TypedDict

from logic.network.queries import PortInfo
from logic.network.security.queries import GroupInfo, RuleInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since, since

_NAMESPACE = uuid.UUID("5f0c7f5e-4b5b-5d3a-9a51-5d6f2a8f6c02")


class InterfaceIp(TypedDict):
    subnet_id: str
    ip_address: str


class Interface(TypedDict):
    port_id: str
    net_id: str
    mac_addr: str
    port_state: str
    fixed_ips: list[InterfaceIp]
    tag: NotRequired[Annotated[None, since(Since.INTERFACE_TAG)]]


class Range(TypedDict):
    """Nothing where a group stands in its place."""

    cidr: NotRequired[str]


class RemoteGroup(TypedDict):
    """Nothing where a range of addresses stands in its place."""

    tenant_id: NotRequired[str]
    name: NotRequired[str]


class GroupRule(TypedDict):
    id: str
    parent_group_id: str
    ip_protocol: str | None
    from_port: int | None
    to_port: int | None
    ip_range: Range
    group: RemoteGroup


class SecurityGroup(TypedDict):
    id: str
    name: str
    description: str
    tenant_id: str
    rules: list[GroupRule]


def interface(port: PortInfo, frame: Frame) -> dict[str, Any]:
    """An item of ``interfaceAttachments``."""
    view: dict[str, Any] = {
        "port_id": port.id,
        "net_id": port.network,
        "mac_addr": port.mac,
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": fixed.subnet, "ip_address": fixed.ip} for fixed in port.fixed_ips],
    }
    return view | {"tag": None} if frame.at_least(Since.INTERFACE_TAG) else view


def group(info: GroupInfo) -> dict[str, Any]:
    """With its rules for what comes in: Nova knew no others."""
    view = {"id": info.id, "name": info.name, "description": info.description, "tenant_id": info.project}
    return {**view, "rules": [rule(one) for one in info.rules if one.direction == "ingress"]}


_EVERYBODY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
_ALL_PORTS = {"tcp": (1, 65535), "udp": (1, 65535), "icmp": (-1, -1), "ipv6-icmp": (-1, -1)}


def rule(info: RuleInfo) -> dict[str, Any]:
    """Either a range or a group is told; all ports are a range too."""
    first, last = (
        _ALL_PORTS.get(info.protocol, (None, None)) if info.port_min is None else (info.port_min, info.port_max)
    )
    cidr = "" if info.remote_group or info.remote_addresses else info.remote_prefix or _EVERYBODY[info.ethertype]
    return {
        "id": info.id,
        "parent_group_id": info.group,
        "ip_protocol": info.protocol or None,
        "from_port": first,
        "to_port": last,
        "ip_range": {"cidr": cidr} if cidr else {},
        "group": {"tenant_id": info.project, "name": info.remote_name} if info.remote_group else {},
    }


def default_group(project: str) -> dict[str, Any]:
    """The group called default in a cloud without security groups. Nothing is filtered there, and its rules say just that."""
    id = str(uuid.uuid5(_NAMESPACE, project))
    return {
        "id": id,
        "name": "default",
        "description": "Every server is in this group. It lets everything pass.",
        "tenant_id": project,
        "rules": [_open(id, project, range_) for range_ in ("0.0.0.0/0", "::/0")],
    }


def _open(group: str, project: str, addresses: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(_NAMESPACE, f"{project}:{addresses}")),
        "parent_group_id": group,
        "ip_protocol": None,
        "from_port": None,
        "to_port": None,
        "ip_range": {"cidr": addresses},
        "group": {},
    }
