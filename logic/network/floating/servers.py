"""A floating address given to a server, and taken from it, by the address itself: Nova's words for what Neutron says of ports.

Called by the compute facade; each function is one transaction.
"""

from logic.access import Caller, require
from logic.compute import queries as compute
from logic.errors import BadRequest, Conflict, NotFound
from logic.network import queries as network
from logic.network.floating import commands, queries
from logic.network.floating.queries import FloatingInfo
from logic.network.queries import PortInfo
from logic.transactions import atomically

IPV4 = "."


@atomically
def add_to_server(caller: Caller, server: str, ip: str, fixed: str = "") -> None:
    """It stands for the server's first address of IPv4 from now on, or for ``fixed``, whatever it stood for before. Raises
    :class:`NotFound`, :class:`BadRequest` and what ``refusals`` has."""
    require(caller, "member", "add a floating address to a server")
    floating, ports = _held(caller, ip), _ports(caller, server)
    port = next((one for one in ports if any(_suits(own.ip, fixed) for own in one.fixed_ips)), None)
    if port is None:
        what = f"address {fixed}" if fixed else "address of IPv4"
        raise BadRequest(reason=f"Server {server} has no fixed {what} for a floating address to stand for.")
    if any(one.id != floating.id for one in queries.floating_ips(caller, port=[port.id], fixed=[_own(port, fixed)])):
        raise Conflict(reason=f"A floating address is associated with address {_own(port, fixed)} already.")
    commands.associate(caller, floating.id, port.id, fixed)


@atomically
def remove_from_server(caller: Caller, server: str, ip: str) -> None:
    """It stands for nothing. Raises :class:`NotFound`, and :class:`Conflict` when it was not this server's."""
    require(caller, "member", "remove a floating address from a server")
    floating = _held(caller, ip)
    if floating.port not in {one.id for one in _ports(caller, server)}:
        raise Conflict(reason=f"Floating address {ip} is not associated with server {server}.")
    commands.associate(caller, floating.id, "")


def _held(caller: Caller, ip: str) -> FloatingInfo:
    found = queries.floating_ips(caller, ip=[ip], project=[caller.project])
    if not found:
        raise NotFound(kind=queries.KIND, id=ip)
    return found[0]


def _ports(caller: Caller, server: str) -> list[PortInfo]:
    return network.ports(caller, device=compute.server(caller, server).id)


def _suits(ip: str, fixed: str) -> bool:
    return ip == fixed if fixed else IPV4 in ip


def _own(port: PortInfo, fixed: str) -> str:
    return next(own.ip for own in port.fixed_ips if _suits(own.ip, fixed))
