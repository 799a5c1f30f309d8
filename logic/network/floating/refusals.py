"""Refusals of floating addresses, named as Neutron names them."""

from logic.errors import Conflict, NotFound
from logic.network.security.refusals import Named


class ExternalGatewayForFloatingIPNotFound(Named, NotFound):
    """External network {network} is not reachable from port {port}: {why}."""


class FloatingIPPortAlreadyAssociated(Named, Conflict):
    """The address {fixed} of port {port} has a floating address already. Disassociate that one first."""

    code = "floating-ip-port-already-associated"


class IpAddressGenerationFailure(Named, Conflict):
    """No more floating addresses are free on network {network}. Release one, or take another network."""

    code = "no-more-addresses"


class IpAddressAlreadyAllocated(Named, Conflict):
    """Address {ip} is in use on network {network}. Choose another, or leave it out to be given one."""

    code = "address-in-use"
