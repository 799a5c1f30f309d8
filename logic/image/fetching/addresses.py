"""Which addresses a tenant may have the cloud ask. Everything that is not a public unicast address is refused, unless the site
names its network (IMPORT_NETWORKS); so is what would wrap one address into another.
"""

import ipaddress
import socket
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from logic.errors import BadRequest, clipped

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS: Final = {"http": 80, "https": 443}
LONGEST: Final = 2048
# A router behind one of these leads on to an IPv4 address that nobody has looked at.
_WRAPPING: Final = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)


class Place(NamedTuple):
    """A web server's page; ``target`` is path and query."""

    scheme: str
    host: str
    port: int
    target: str


def place(uri: str) -> Place:
    """Of a URI, if it may be asked as far as can be told without asking for its name. Raises :class:`BadRequest`."""
    try:
        parts = urlsplit(uri)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _refused(uri) from None
    host, plain = parts.hostname or "", uri.isascii() and uri.isprintable() and not set(uri) & set(' \\"<>^`{|}')
    if not plain or len(uri) > LONGEST or not host or parts.username is not None or parts.password is not None:
        raise _refused(uri)
    if parts.scheme not in settings.IMPORT_SCHEMES or port not in settings.IMPORT_PORTS:
        raise _refused(uri)
    if (literal := _literal(host)) is not None and not may_be_asked(literal):
        raise _refused(uri)
    return Place(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def found(where: Place) -> str:
    """The address that its name leads to, which may be asked. Blocks. Raises :class:`BadRequest`, ``OSError``."""
    told = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in told]
    if not addresses or not all(map(may_be_asked, addresses)):
        raise BadRequest(reason=f"The host {clipped(where.host)} may not be asked for an image.")
    return str(addresses[0])


def may_be_asked(address: Address) -> bool:
    """A public one of its own, or one of the site's exceptions."""
    mapped = getattr(address, "ipv4_mapped", None)
    one: Address = mapped or address
    if any(
        one in network
        for network in map(ipaddress.ip_network, settings.IMPORT_NETWORKS)
        if network.version == one.version
    ):
        return True
    if one.version == 6 and any(one in network for network in _WRAPPING):  # noqa: PLR2004 - IP's version
        return False
    return one.is_global and not one.is_multicast and not one.is_reserved


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(uri: str) -> BadRequest:
    reason = f"The URI {clipped(uri)!r} does not pass filtering: schemes, ports and addresses of web servers are limited here."
    return BadRequest(reason=reason)
