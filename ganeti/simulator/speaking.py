"""What a simulated guest has said on its serial console: a system that boots and, once it does not run any more, how it ended.

Made of what the instance is, whenever it is asked: nothing is kept. Called by ``cluster``; who answers for a node is ``talking``.
"""

from collections.abc import Mapping
from typing import Final

from ganeti.simulator.model import Instance

_ENDS: Final = {
    True: "[  420.000000] reboot: Power down",
    False: "[  420.000000] Kernel panic - not syncing: simulated",
}


def said(one: Instance, beparams: Mapping[str, int | bool]) -> bytes:
    """From its last start on."""
    lines = [
        "Linux version 6.1.0-simulated (debian-kernel@lists.debian.org)",
        "Command line: root=/dev/vda1 ro console=tty0 console=ttyS0,115200",
        f"Memory: {int(beparams['maxmem']) * 1024}K available",
        f"smp: Brought up 1 node, {beparams['vcpus']} CPUs",
        *(f"virtio_blk virtio{at}: [vd{chr(97 + at)}] {disk.size} MiB" for at, disk in enumerate(one.disks)),
        *(f"virtio_net eth{at}: {nic.mac}" for at, nic in enumerate(one.nics)),
        "systemd[1]: Reached target multi-user.target.",
    ]
    stamped = [f"[{at * 0.251:12.6f}] {line}" for at, line in enumerate(lines)]
    end = ["", f"{one.name} login: "] if one.running else [_ENDS[one.halted or one.admin_state == "down"], ""]
    return "\r\n".join([*stamped, *end]).encode()
