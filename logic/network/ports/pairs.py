"""Addresses that a port may use besides its own: ``allowed_address_pairs``. Nodes let them pass, since they are told of them
with the port; so they are refused where nodes do not ask, and on routed networks, where the node would not know the way to
them. Pure.
"""

import ipaddress
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from logic.errors import clipped
from logic.network import refusals
from logic.network.refusals import InvalidInput

MOST: Final = 10
MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")


class Pair(msgspec.Struct, frozen=True):
    """An address or a prefix, and a MAC; empty: the port's own."""

    ip: str
    mac: str = ""


def checked(wanted: Sequence[Pair], own: str, prefix: str) -> list[list[str]]:
    """As they are kept. ``own`` is the port's MAC, ``prefix`` what its network's begin with. Raises what ``refusals`` has of
    pairs, :class:`InvalidInput`."""
    if len(wanted) > MOST:
        raise refusals.AddressPairsExhausted(most=MOST)
    found = [[_ip(one.ip), mac(one.mac) if one.mac else own] for one in wanted]
    for place, pair in enumerate(found):
        if pair in found[:place]:
            raise refusals.DuplicateAddressPairInRequest(ip=pair[0], mac=pair[1])
        if not pair[1].startswith(prefix):
            raise InvalidInput(reason=f"MACs of this network begin with {prefix}, not as {pair[1]}.")
    return found


def mac(text: str) -> str:
    """One that an interface can have. Raises :class:`InvalidInput`."""
    found = text.lower().replace("-", ":")
    if not MAC.fullmatch(found) or int(found[:2], 16) & 1 or found == "00:00:00:00:00:00":
        raise InvalidInput(reason=f"'{clipped(text)}' is not a valid MAC address.")
    return found


def _ip(text: str) -> str:
    try:
        found = ipaddress.ip_interface(text)
    except ValueError:
        raise InvalidInput(
            reason=f"'{clipped(text)}' is not a valid IP address or subnet, in allowed_address_pairs."
        ) from None
    return str(found.network) if "/" in text else str(found.ip)
