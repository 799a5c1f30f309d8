"""Refusals of routers, named as Neutron names them."""

from logic.errors import BadRequest, Conflict, NotFound
from logic.network.security.refusals import Named


class RouterInUse(Named, Conflict):
    """Router {id} still has ports. Remove its interfaces first."""

    code = "router-in-use"


class RouterInterfaceNotFound(Named, NotFound):
    """Router {router} has no interface with port {port}. List its ports with `openstack port list --router`."""


class RouterInterfaceNotFoundForSubnet(Named, NotFound):
    """Router {router} has no interface on subnet {subnet}. List its ports with `openstack port list --router`."""


class RouterInterfaceInUseByFloatingIP(Named, Conflict):
    """Router {router} is needed on subnet {subnet} by floating addresses. Disassociate them first."""

    code = "router-interface-in-use"


class RouterInterfaceInUseByRoute(Named, Conflict):
    """Router {router} is needed on subnet {subnet} by its routes. Remove those first."""

    code = "router-interface-in-use"


class RouterExternalGatewayInUseByFloatingIp(Named, Conflict):
    """The gateway of router {router} to network {network} is needed by floating addresses. Disassociate them first."""

    code = "router-gateway-in-use"


class InvalidRoutes(Named, BadRequest):
    """Invalid format for routes: {reason}"""


class RoutesExhausted(Named, BadRequest):
    """Router {router} can have {most} routes at most. Join prefixes."""
