"""A rule as it is asked for, and whether nodes can do what it says. Pure; called by ``commands``.

The refusals are Neutron's. Ours are stricter where a node is: ports for tcp and udp only, no extension headers of IPv6.
"""

import ipaddress
from typing import Final

import msgspec

from logic.errors import BadRequest
from logic.errors import clipped as shown
from logic.network.security import protocols, refusals

DIRECTIONS: Final = ("ingress", "egress")
ETHERTYPES: Final = ("IPv4", "IPv6")
MOST_PORT: Final = 65535
MOST_RULES: Final = 200  # of a group; with MOST_GROUPS no more than a node takes for an interface
MOST_GROUPS: Final = 10  # of a port
MAX_TEXT: Final = 255
_EVERYBODY: Final = ("", "0.0.0.0/0", "::/0")
_OLD_ICMP: Final = {"icmp": "ipv6-icmp", "icmpv6": "ipv6-icmp", "1": "58"}


class NewRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule asked for. ``protocol`` empty: any; ``port_min`` and ``port_max`` are ICMP's type and code too; neither
    ``remote_prefix`` nor ``remote_group`` nor ``remote_addresses`` (ids of groups): everybody; ``project`` is the group's, if
    it is said."""

    group: str
    direction: str
    ethertype: str = "IPv4"
    protocol: str = ""
    port_min: int | None = None
    port_max: int | None = None
    remote_prefix: str = ""
    remote_group: str = ""
    remote_addresses: str = ""
    description: str = ""
    project: str = ""


def checked(rule: NewRule) -> NewRule:
    """The rule as it is kept. Raises one of ``refusals``, or :class:`BadRequest`."""
    for field, given, known in (
        ("direction", rule.direction, DIRECTIONS),
        ("ethertype", rule.ethertype, ETHERTYPES),
    ):
        if given not in known:
            raise BadRequest(reason=f"The {field} of a rule is {' or '.join(known)}, not {shown(given)!r}.")
    if len(rule.description) > MAX_TEXT:
        raise BadRequest(reason=f"The description of a rule has at most {MAX_TEXT} characters. Shorten it.")
    if sum(map(bool, (rule.remote_prefix, rule.remote_group, rule.remote_addresses))) > 1:
        raise refusals.SecurityGroupRemoteGroupAndRemoteIpPrefix
    protocol, prefix = _protocol(rule), _prefix(rule)
    found = msgspec.structs.replace(rule, protocol=protocol, remote_prefix=prefix)
    _check_ports(found)
    return found


def key(rule: NewRule) -> tuple[object, ...]:
    """Rules with the same key are the same: those whose words differ, and not what they let through, too."""
    prefix = str(ipaddress.ip_network(rule.remote_prefix, strict=False)) if rule.remote_prefix else ""
    remote = "" if prefix in _EVERYBODY else prefix
    number = protocols.number(rule.protocol)
    return (
        rule.direction,
        rule.ethertype,
        number,
        rule.port_min,
        rule.port_max,
        remote,
        rule.remote_group,
        rule.remote_addresses,
    )


def _protocol(rule: NewRule) -> str:
    """As it is kept: nothing for any; of ICMP, the one that the ethertype has."""
    given = rule.protocol.lower()
    if given in protocols.ANY:
        return ""
    if rule.ethertype == "IPv6":
        given = _OLD_ICMP.get(given, given)
    number = protocols.number(given)
    if number is None or number > protocols.MOST or number in protocols.EXTENSIONS[rule.ethertype]:
        known = ", ".join(["any", *sorted(protocols.NUMBERS)])
        raise refusals.SecurityGroupRuleInvalidProtocol(
            protocol=shown(rule.protocol), ethertype=rule.ethertype, known=known
        )
    if number in protocols.ONLY_IPV6 and rule.ethertype != "IPv6":
        raise refusals.SecurityGroupEthertypeConflictWithProtocol(protocol=given)
    return given


def _prefix(rule: NewRule) -> str:
    """With its length, else as it was given."""
    if not rule.remote_prefix:
        return ""
    try:
        found = ipaddress.ip_interface(rule.remote_prefix)
    except ValueError:
        reason = f"{shown(rule.remote_prefix)!r} is no prefix of addresses, such as 192.0.2.0/24."
        raise BadRequest(reason=reason) from None
    if found.version != int(rule.ethertype[-1]) or "%" in rule.remote_prefix:
        raise refusals.SecurityGroupRuleParameterConflict(cidr=shown(rule.remote_prefix), ethertype=rule.ethertype)
    return f"{found.ip}/{found.network.prefixlen}"


def _check_ports(rule: NewRule) -> None:
    if rule.port_min is None and rule.port_max is None:
        return
    if not rule.protocol:
        raise refusals.SecurityGroupProtocolRequiredWithPorts
    number = protocols.number(rule.protocol)
    if number == protocols.ICMP[rule.ethertype]:
        _check_icmp(rule.port_min, rule.port_max)
    elif number in protocols.WITH_PORTS:
        _check_range(rule.port_min, rule.port_max)
    else:
        raise refusals.SecurityGroupInvalidProtocolForPort(protocol=rule.protocol)


def _check_icmp(kind: int | None, code: int | None) -> None:
    for field, value in (("type", kind), ("code", code)):
        if value is not None and not 0 <= value <= protocols.MOST:
            raise refusals.SecurityGroupInvalidIcmpValue(field=field, value=value)
    if kind is None:
        raise refusals.SecurityGroupMissingIcmpType


def _check_range(first: int | None, last: int | None) -> None:
    for value in (first, last):
        if value is not None and not 1 <= value <= MOST_PORT:
            raise refusals.SecurityGroupInvalidPortValue(port=value)
    if first is None or last is None or first > last:
        raise refusals.SecurityGroupInvalidPortRange
