"""Refusals of networks, subnets and ports. Each is named as Neutron names it, which is what its dialect tells clients."""

from logic.errors import BadRequest, Conflict, NotFound, Refusal, Unavailable
from logic.network.security.refusals import Named


class AvailabilityZoneNotFound(Named, NotFound):
    """AvailabilityZone {id} could not be found. List them with `openstack availability zone list --network`."""


class InvalidInput(Named, BadRequest):
    """Invalid input for operation: {reason}"""


class RevisionNumberConstraintFailed(Named, Refusal):
    """Constrained to {expected}, but current revision is {current}. Read it again, and decide anew."""

    code = "revision-number"


class NetworkInUse(Named, Conflict):
    """Unable to complete operation on network {id}. There are one or more {what} in use on the network. Delete them first."""

    code = "network-in-use"


class ExternalNetworkInUse(Named, Conflict):
    """External network {id} cannot be updated to be made non-external, since it has floating addresses or gateways of routers."""

    code = "network-in-use"


class InvalidSharedSetting(Named, Conflict):
    """Unable to reconfigure sharing settings for network {id}. Multiple tenants are using it."""

    code = "network-in-use"


class NoNetworkAvailable(Named, Unavailable):
    """Unable to create the network. No tenant network is available for allocation. Try again in {retry_after} seconds, or ask an
    administrator."""

    code = "no-network-available"


class SubnetInUse(Named, Conflict):
    """Unable to complete operation on subnet {id}: {reason}"""

    code = "subnet-in-use"


class InvalidAllocationPool(Named, BadRequest):
    """The allocation pool {pool} is not valid. It needs a start and an end, of which the end is not lower."""


class OutOfBoundsAllocationPool(Named, BadRequest):
    """The allocation pool {pool} spans beyond the subnet cidr {cidr}."""


class OverlappingAllocationPools(Named, Conflict):
    """Found overlapping allocation pools: {one} {other} for subnet {cidr}."""

    code = "overlapping-pools"


class GatewayConflictWithAllocationPools(Named, Conflict):
    """Gateway ip {ip} conflicts with allocation pool {pool}."""

    code = "gateway-in-pool"


class DNSNameServersExhausted(Named, BadRequest):
    """Unable to complete operation for the subnet: it has at most {most} DNS nameservers."""


class HostRoutesExhausted(Named, BadRequest):
    """Unable to complete operation for the subnet: it has at most {most} host routes."""


class PortInUse(Named, Conflict):
    """Unable to complete operation on port {port} for network {network}. Port already has an attached device {device}. Choose
    another, or detach it first."""

    code = "port-in-use"


class PortBound(Named, Conflict):
    """Unable to complete operation on port {id}, port is already bound: its {what} cannot be changed while a server has it.
    Detach it first."""

    code = "port-bound"


class ServicePortInUse(Named, Conflict):
    """Port {id} cannot be deleted directly via the port API: {reason}"""

    code = "port-in-use"


class MacAddressInUse(Named, Conflict):
    """Unable to complete operation for network {network}. The mac address {mac} is in use."""

    code = "mac-in-use"


class IpAddressAlreadyAllocated(Named, Conflict):
    """IP address {ip} already allocated in subnet {subnet}. Choose another, or leave it out to be given one."""

    code = "address-in-use"


class IpAddressGenerationFailure(Named, Conflict):
    """No more IP addresses available on network {network}. Delete a port there or choose another network."""

    code = "no-more-addresses"


class InvalidIpForNetwork(Named, BadRequest):
    """IP address {ip} is not a valid IP for any of the subnets on the specified network."""


class InvalidIpForSubnet(Named, BadRequest):
    """IP address {ip} is not a valid IP for the specified subnet."""


class AddressPairAndPortSecurityRequired(Named, Conflict):
    """Port Security must be enabled in order to have allowed address pairs on a port."""

    code = "port-security-required"


class DuplicateAddressPairInRequest(Named, BadRequest):
    """Request contains duplicate address pair: mac_address {mac} ip_address {ip}."""


class AddressPairsExhausted(Named, BadRequest):
    """The number of allowed address pairs exceeds the maximum {most}."""
