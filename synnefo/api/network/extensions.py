"""Neutron's extensions that are here. Clients look at the aliases before they use what an extension adds."""

from typing import Any

from logic.network.routing import switch as routing
from logic.network.security import switch

_KNOWN = (
    ("agent", "agent", "Agents, of which there are none here.", "2013-02-03"),
    ("availability_zone", "Availability Zone", "Every cluster is a zone.", "2015-01-01"),
    ("binding", "Port Binding", "The cluster of a port, for administrators.", "2014-02-03"),
    ("external-net", "Neutron external network", "Whether a network leads outside.", "2013-01-14"),
    ("net-mtu", "Network MTU", "The MTU of a network.", "2015-03-25"),
    ("project-id", "project_id field enabled", "Resources have a project_id beside the tenant_id.", "2016-09-09"),
    ("quotas", "Quota management support", "What a project may have.", "2012-07-29"),
    ("quota_details", "Quota details management support", "What a project has of it.", "2017-02-10"),
    ("standard-attr-description", "standard-attr-description", "Resources have a description.", "2016-02-10"),
    ("standard-attr-timestamp", "Resource timestamps", "When a resource was made and changed.", "2016-09-12"),
)
_SECURITY = (
    ("port-security", "Port Security", "Whether a port is filtered by its security groups.", "2012-07-23"),
    ("port-security-groups-filtering", "Port filtering on security groups", "Ports by their groups.", "2018-01-09"),
    ("security-group", "security-group", "Security groups and their rules.", "2012-10-05"),
    ("security-groups-normalized-cidr", "Normalized CIDR of rules", "A rule's prefix as it is enforced.", "2020-09-24"),
    ("stateful-security-group", "Stateful security group", "All groups are stateful.", "2019-11-26"),
)
_ROUTERS = (
    ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "Whether a router translates.", "2013-03-28"),
    ("extraroute", "Neutron Extra Route", "Routes of a router's own.", "2013-02-01"),
    ("extraroute-atomic", "Atomically add/remove extra routes", "One route more or less.", "2019-07-10"),
    ("router", "Neutron L3 Router", "Routers, and floating addresses behind them.", "2012-07-20"),
)


def _told(known: tuple[tuple[str, str, str, str], ...]) -> dict[str, dict[str, Any]]:
    return {
        alias: {"alias": alias, "name": name, "description": about, "updated": f"{day}T10:00:00-00:00", "links": []}
        for alias, name, about, day in known
    }


_ALWAYS, _ENFORCED, _ROUTED = _told(_KNOWN), _told(_SECURITY), _told(_ROUTERS)


def extensions() -> dict[str, dict[str, Any]]:
    """By alias."""
    return _ALWAYS | (_ENFORCED if switch.on() else {}) | (_ROUTED if routing.on() else {})
