"""What a guest is told by DHCP besides its address: ``extra_dhcp_opts``. Nodes' leases send those of IPv4 that are in the
table; all others are refused. Pure.

The names are dnsmasq's, which Neutron's callers use; the numbers those of RFC 2132 and its successors. Nodes are told the
number and the bytes (``enforcing``).
"""

import ipaddress
import struct
from collections.abc import Callable, Sequence
from typing import Final

from logic.errors import clipped
from logic.network.refusals import InvalidInput

MOST: Final = 20
MOST_BYTES: Final = 400  # together: they have to fit into one datagram
LONGEST: Final = 255  # bytes that an option holds
_NEXT_SERVER: Final = 0  # no option: the field siaddr of the message


def _text(value: str) -> bytes:
    return value.encode("ascii")


def _addresses(value: str) -> bytes:
    return b"".join(ipaddress.IPv4Address(one.strip()).packed for one in value.split(","))


def _number(form: str) -> Callable[[str], bytes]:
    return lambda value: struct.pack(form, int(value))


CODES: Final[dict[str, tuple[int, Callable[[str], bytes]]]] = {
    "time-offset": (2, _number("!i")),
    "time-server": (4, _addresses),
    "log-server": (7, _addresses),
    "lpr-server": (9, _addresses),
    "boot-file-size": (13, _number("!H")),
    "root-path": (17, _text),
    "default-ttl": (23, _number("!B")),
    "mtu": (26, _number("!H")),
    "ntp-server": (42, _addresses),
    "netbios-ns": (44, _addresses),
    "netbios-dd": (45, _addresses),
    "netbios-nodetype": (46, _number("!B")),
    "tftp-server": (66, _text),
    "tftp-server-address": (150, _addresses),
    "bootfile-name": (67, _text),
    "smtp-server": (69, _addresses),
    "pop3-server": (70, _addresses),
    "tzdb-timezone": (101, _text),
    "server-ip-address": (_NEXT_SERVER, _addresses),
}
_OTHER_NAMES: Final = {"66": "tftp-server", "67": "bootfile-name", "42": "ntp-server", "150": "tftp-server-address"}


def checked(wanted: Sequence[tuple[str, str, int]]) -> list[list[object]]:
    """Of name, value and version of IP, as they are kept. Raises :class:`InvalidInput`."""
    if len(wanted) > MOST:
        raise InvalidInput(reason=f"a port has at most {MOST} extra_dhcp_opts.")
    for name, _, version in wanted:
        if version != 4:  # noqa: PLR2004
            raise InvalidInput(reason="nodes of this cloud send extra_dhcp_opts of IPv4 only.")
        if _OTHER_NAMES.get(name, name) not in CODES:
            known = ", ".join(CODES)
            raise InvalidInput(
                reason=f"the DHCP option '{clipped(name)}' is not sent by nodes of this cloud. They know {known}."
            )
    if sum(len(encoded(name, value)[1]) // 2 for name, value, _ in wanted) > MOST_BYTES:
        raise InvalidInput(reason=f"extra_dhcp_opts of a port have at most {MOST_BYTES} bytes together.")
    return [[name, value, version] for name, value, version in wanted]


def encoded(name: str, value: str) -> tuple[int, str]:
    """The option's number and its bytes in hexadecimal. Raises :class:`InvalidInput`."""
    code, form = CODES[_OTHER_NAMES.get(name, name)]
    try:
        found = form(value)
    except (ValueError, struct.error):
        found = b""
    if not 1 <= len(found) <= (4 if code == _NEXT_SERVER else LONGEST):
        raise InvalidInput(reason=f"'{clipped(value)}' is no value of the DHCP option {name}.")
    return code, found.hex()
