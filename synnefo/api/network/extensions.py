"""Neutron's extensions that are here. Clients look at the aliases before they use what an extension adds."""

from typing import Any

from logic.network.routing import switch as routing
from logic.network.security import switch

_KNOWN = (
    ("agent", "agent", "Agents, of which there are none here.", "2013-02-03"),
    ("availability_zone", "Availability Zone", "Every cluster is a zone.", "2015-01-01"),
    ("binding", "Port Binding", "The cluster of a port, for administrators.", "2014-02-03"),
    ("external-net", "Neutron external network", "Whether a network leads outside.", "2013-01-14"),
    ("default-subnetpools", "Default Subnetpools", "A pool that subnets are taken from unasked.", "2016-02-18"),
    ("ip-substring-filtering", "IP address substring filtering", "Ports by a part of an address.", "2017-11-28"),
    ("net-mtu", "Network MTU", "The MTU of a network.", "2015-03-25"),
    ("net-mtu-writable", "Network MTU (writable)", "The MTU of a network can be set.", "2017-07-12"),
    ("network-ip-availability", "Network IP Availability", "Addresses in use, for administrators.", "2015-09-24"),
    ("pagination", "Pagination support", "Lists come in pages.", "2016-06-12"),
    ("project-id", "project_id field enabled", "Resources have a project_id beside the tenant_id.", "2016-09-09"),
    ("provider", "Provider Network", "Where a network is, for administrators.", "2012-09-07"),
    ("quotas", "Quota management support", "What a project may have.", "2012-07-29"),
    (
        "quota-check-limit",
        "Quota engine limit check",
        "A limit below what is used is refused on request.",
        "2021-09-01",
    ),
    ("quota_details", "Quota details management support", "What a project has of it.", "2017-02-10"),
    (
        "revision-if-match",
        "If-Match constraints based on revision_number",
        "Changes of what is as it was.",
        "2016-12-11",
    ),
    ("rbac-policies", "RBAC Policies", "Networks that are shared with a project.", "2015-06-17"),
    ("sorting", "Sorting support", "Lists are sorted.", "2016-06-12"),
    ("standard-attr-description", "standard-attr-description", "Resources have a description.", "2016-02-10"),
    ("standard-attr-revisions", "Resource revision numbers", "How often something was changed.", "2016-04-11"),
    ("standard-attr-tag", "Tag support for resources with standard attribute", "Words on resources.", "2017-01-01"),
    ("tag", "Tag support", "Words on networks.", "2016-01-01"),
    ("tag-ext", "Tag support for resources", "Words on resources.", "2017-01-01"),
    ("standard-attr-timestamp", "Resource timestamps", "When a resource was made and changed.", "2016-09-12"),
    ("subnet_allocation", "Subnet Allocation", "Pools that subnets are taken from.", "2015-03-30"),
)
_SECURITY = (
    ("address-group", "Address group", "Prefixes that rules may be about.", "2020-07-15"),
    ("allowed-address-pairs", "Allowed Address Pairs", "Addresses a port may use besides its own.", "2012-07-23"),
    ("extra_dhcp_opt", "Neutron Extra DHCP options", "What a guest is told with its address.", "2013-03-17"),
    ("port-security", "Port Security", "Whether a port is filtered by its security groups.", "2012-07-23"),
    ("port-security-groups-filtering", "Port filtering on security groups", "Ports by their groups.", "2018-01-09"),
    ("security-group", "security-group", "Security groups and their rules.", "2012-10-05"),
    ("security-groups-remote-address-group", "Remote address group id of rules", "Rules about them.", "2020-08-25"),
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
