"""Refusals of security groups. Each is named as Neutron names it, which is what its dialect tells clients; the sentences say what
to do instead."""

from logic.errors import BadRequest, Conflict, Refusal


class Named(Refusal):
    """The request was refused by its security groups."""


class SecurityGroupInUse(Named, Conflict):
    """Security group {id} is in use by port {port}. Take it off its ports first."""

    code = "security-group-in-use"


class SecurityGroupCannotRemoveDefault(Named, Conflict):
    """The default security group cannot be deleted. Delete its rules if you do not want them."""

    code = "default-security-group"


class SecurityGroupCannotUpdateDefault(Named, Conflict):
    """The default security group cannot be renamed. Create another group."""

    code = "default-security-group"


class SecurityGroupDefaultAlreadyExists(Named, Conflict):
    """There is already a security group named default: each project has one. Choose another name."""

    code = "default-security-group"


class SecurityGroupRuleExists(Named, Conflict):
    """There is already such a rule in this security group: {id}."""

    code = "security-group-rule-exists"


class DuplicateSecurityGroupRuleInPost(Named, Conflict):
    """Two of these rules are the same. Send each once."""

    code = "security-group-rule-exists"


class PortSecurityPortHasSecurityGroup(Named, Conflict):
    """Port {id} is in security groups. Take it out of them (security_groups: []) to switch port security off."""

    code = "port-in-security-groups"


class SecurityGroupNotSingleGroupRules(Named, BadRequest):
    """The rules of one request must all be of one security group. Send a request for each."""


class SecurityGroupRuleInvalidProtocol(Named, BadRequest):
    """The protocol {protocol} is not known here for {ethertype}. Use a number from 0 to 255, or one of {known}."""


class SecurityGroupEthertypeConflictWithProtocol(Named, BadRequest):
    """The protocol {protocol} is one of IPv6 only. Set ethertype to IPv6."""


class SecurityGroupProtocolRequiredWithPorts(Named, BadRequest):
    """A rule with ports needs a protocol. Say tcp or udp."""


class SecurityGroupInvalidProtocolForPort(Named, BadRequest):
    """Rules with ports can be for tcp and udp, and with types for ICMP; not for the protocol {protocol}. Leave the ports out."""


class SecurityGroupInvalidPortRange(Named, BadRequest):
    """Give both ports of the range: port_range_min must be <= port_range_max."""


class SecurityGroupInvalidPortValue(Named, BadRequest):
    """Invalid value for port {port}: ports are numbers from 1 to 65535."""


class SecurityGroupInvalidIcmpValue(Named, BadRequest):
    """Invalid value for ICMP {field}: {value}. It is a number from 0 to 255."""


class SecurityGroupMissingIcmpType(Named, BadRequest):
    """ICMP type (port-range-min) is missing: a code (port-range-max) needs one."""


class SecurityGroupRemoteGroupAndRemoteIpPrefix(Named, BadRequest):
    """A rule is for a remote_ip_prefix, for a remote_group_id or for a remote_address_group_id, not for two. Make two rules."""


class SecurityGroupRuleParameterConflict(Named, BadRequest):
    """Conflicting value ethertype {ethertype} for the prefix {cidr}. Correct one of them."""


class PortSecurityAndIPRequiredForSecurityGroups(Named, BadRequest):
    """Port {id} has port security switched off, so that it can be in no security group. Switch it on."""


class SecurityGroupsTooMany(Named, BadRequest):
    """A port can be in {most} security groups at most. Put rules together in one."""


class SecurityGroupRulesTooMany(Named, BadRequest):
    """A security group can have {most} rules at most. Use prefixes and ranges of ports that hold more, or another group."""
