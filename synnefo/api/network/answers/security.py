"""Security groups with their rules, the prefixes these may be about, and who else may use a network."""

from typing import Literal

from synnefo.api.network.answers.words import Dated, Named, Shown


class SecurityGroupRule(Dated):
    """Null is any. ``normalized_cidr`` is the prefix as it is enforced."""

    security_group_id: str
    direction: Literal["ingress", "egress"]
    ethertype: Literal["IPv4", "IPv6"]
    protocol: str | None
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    normalized_cidr: str | None
    remote_group_id: str | None
    remote_address_group_id: str | None


class SecurityGroup(Named):
    """All are stateful: what a rule lets through is answered."""

    stateful: bool
    security_group_rules: list[SecurityGroupRule]


class AddressGroup(Named):
    addresses: list[str]
    shared: bool


class RbacPolicy(Shown):
    object_type: Literal["network"]
    object_id: str
    target_tenant: str
    action: Literal["access_as_shared", "access_as_external"]
