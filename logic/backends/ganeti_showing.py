"""Where the screen of an instance of Ganeti's is. Called by ``logic.backends.ganeti``; blocks.

Ganeti gives a port that an instance has left to the next: who connects asks before and after.
"""

import ipaddress
from typing import Final

from ganeti.rapi import RapiClient
from ganeti.replies import Shown
from logic.backends.base import Screen

_NOWHERE: Final = "its cluster shows no screens: set the hypervisor parameter vnc_bind_address"
_A_SOCKET: Final = "its screen is a socket on its node: set the hypervisor parameter vnc_bind_address to an address"
_THERE_ONLY: Final = "its screen is shown on its node alone: set the hypervisor parameter vnc_bind_address to 0.0.0.0"
_ENCRYPTED: Final = "its screen is encrypted: clear the hypervisor parameter vnc_tls"


def screen(client: RapiClient, name: str) -> Screen:
    """Raises :class:`Gone`."""
    found = client.shown(name)
    reason = _unreachable(found)
    return Screen(
        instance_uuid=found.uuid,
        owner=found.owner,
        running=found.condition == "running",
        host=found.pnode or "",
        port=0 if reason else found.network_port or 0,
        reason=reason,
    )


def _unreachable(found: Shown) -> str:
    """Why nobody can see it from another machine; empty when one can."""
    if not (found.network_port and found.pnode and found.bound):
        return _NOWHERE
    if found.bound.startswith("/"):
        return _A_SOCKET
    if found.encrypted:
        return _ENCRYPTED
    return _THERE_ONLY if _is_loopback(found.bound) and not _is_loopback(found.pnode) else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
