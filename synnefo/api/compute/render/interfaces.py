"""What Nova shows of a server's network: interfaces, and the security group everything is in."""

import uuid
from typing import Any

from logic.network.queries import PortInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import Since

_NAMESPACE = uuid.UUID("5f0c7f5e-4b5b-5d3a-9a51-5d6f2a8f6c02")


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


def default_group(project: str) -> dict[str, Any]:
    """The group called default. Nothing is filtered on our networks, and its rules say just that."""
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
