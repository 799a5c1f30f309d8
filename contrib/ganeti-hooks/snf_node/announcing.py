"""A routed address makes itself known outside: whoever had it with another MAC learns the node's.

One unasked ARP message and one unsolicited neighbour advertisement on the uplink. It helps and is not needed: nothing fails
for it.
"""

import socket
import sys
from collections.abc import Callable

from snf_node import wire
from snf_node.deciding import Plan


def announce(plan: Plan) -> None:
    """Only for a routed interface: a bridged one speaks for itself."""
    if plan.nic.mode != "routed":
        return
    for address in (plan.address, *(one.address for one in plan.floating)):
        if address and plan.around.uplink:
            _tell(plan.around.uplink, wire.arp_announcement, address.packed)
    if plan.address6 and plan.around.uplink6:
        _tell(plan.around.uplink6, wire.advertisement, plan.address6.packed)


def _tell(device: str, frame: Callable[[bytes, bytes], bytes], address: bytes) -> None:
    """From the device's own MAC."""
    try:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind((device, 0))
            sender.send(frame(sender.getsockname()[4], address))
    except OSError as error:
        sys.stderr.write(f"kvm-vif-bridge: {device} was not told of an address: {error}\n")
