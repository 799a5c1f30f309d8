"""Refusals of networks, subnets and ports. Each is named as Neutron names it, which is what its dialect tells clients."""

from logic.errors import Conflict
from logic.network.security.refusals import Named


class PortInUse(Named, Conflict):
    """Unable to complete operation on port {port} for network {network}. Port already has an attached device {device}. Choose
    another, or detach it first."""

    code = "port-in-use"
