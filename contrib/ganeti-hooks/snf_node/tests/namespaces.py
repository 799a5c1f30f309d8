"""A node of its own for a test: a network namespace with a bridge, an uplink and taps, gone with the test.

A guest's side of a tap is a file descriptor, as QEMU's is: what the test writes is what the guest sends. Sockets and taps are
opened inside the namespace by entering it for that moment. Whether a frame passes is told by a later one that does: no test
waits for nothing to come.
"""

import ctypes
import fcntl
import itertools
import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

from snf_node import wire
from snf_node.places import ROOT_VARIABLE, places

LAUNCHER = Path(__file__).resolve().parents[2] / "kvm-vif-bridge"
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()
_NET, _TUNSETIFF, _TAP_NO_PI = 0x40000000, 0x400454CA, 0x0002 | 0x1000
PATIENCE = 20


def why_not():
    """Why there can be no namespaces here; empty when there can."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces"
    missing = [name for name in ("ip", "nft") if not shutil.which(name)]
    if missing:
        return f"needs {' and '.join(missing)}"
    if not Path("/dev/net/tun").exists():
        return "needs /dev/net/tun"
    tried = subprocess.run(["unshare", "-n", "nft", "list", "ruleset"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "the kernel lets nobody have a network namespace with nftables"


def sweep():
    """What a run that was killed has left."""
    for path in Path("/run/netns").glob("snf-test-*"):
        if not Path(f"/proc/{path.name.split('-')[2]}").exists():
            subprocess.run(["ip", "netns", "del", path.name], check=False)


@contextmanager
def inside(name):
    """This thread is in the namespace, for what is opened meanwhile."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        assert _libc.setns(there, _NET) == 0
        yield
    finally:
        assert _libc.setns(back, _NET) == 0
        os.close(there)
        os.close(back)


class Wire:
    """A port at which frames are put in and come out: a tap's guest, or the other end of a cable."""

    def __init__(self, number):
        self.number = number
        os.set_blocking(number, False)

    def send(self, *frames):
        for frame in frames:
            os.write(self.number, frame)

    def until(self, last):
        """What comes out, up to the frame that holds ``last``."""
        found = []
        while not any(last in one for one in found):
            ready, _, _ = select.select([self.number], [], [], PATIENCE)
            assert ready, f"nothing came any more after {found}"
            found.append(os.read(self.number, 65536))
        return found

    def close(self):
        os.close(self.number)


class Node:
    """``up(…)`` runs our program as Ganeti does. ``root`` is where its files are."""

    def __init__(self, root):
        self.name = f"snf-test-{os.getpid()}-{next(_numbers)}"
        self.root = root
        self.places = places({ROOT_VARIABLE: str(root)})
        self._open = []
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link set lo up", "link add br0 type bridge", "link set br0 up")

    def close(self):
        for one in self._open:
            one.close()
        subprocess.run(["ip", "netns", "del", self.name], check=True)

    def ip(self, *lines, version=4):
        """Changes."""
        words = ["ip", "-n", self.name, f"-{version}", "-batch", "-"]
        subprocess.run(words, input="\n".join(lines), text=True, check=True, timeout=PATIENCE)

    def shown(self, words, version=4):
        """What ``ip`` lists."""
        listed = subprocess.run(
            ["ip", "-n", self.name, f"-{version}", "-j", *words.split()], capture_output=True, text=True, check=False
        )
        return [one for one in json.loads(listed.stdout or "[]") if one]

    def environment(self, variables):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", ROOT_VARIABLE: str(self.root), **variables}

    def run(self, *words, **variables):
        return subprocess.run(
            ["ip", "netns", "exec", self.name, *words],
            env=self.environment(variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def nft(self):
        """All rules of the node."""
        return self.run("nft", "list", "ruleset").stdout

    def tap(self, name):
        """A tap as Ganeti makes it, and its guest's side."""
        with inside(self.name):
            number = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(number, _TUNSETIFF, struct.pack("16sH", name.encode(), _TAP_NO_PI))
        self._open.append(Wire(number))
        return self._open[-1]

    def cable(self, device, *, master="br0"):
        """A device of the node with a cable; what is at its other end."""
        self.ip(f"link add {device} type veth peer name {device}-far", f"link set {device}-far up")
        self.ip(f"link set {device} {f'master {master}' if master else ''} up")
        with inside(self.name):
            far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            far.bind((f"{device}-far", 3))
        self._open.append(Wire(far.detach()))
        return self._open[-1]

    def up(self, nic):
        return self.run(str(LAUNCHER), **nic)

    def started(self, nic):
        """Not waited for."""
        words = ["ip", "netns", "exec", self.name, str(LAUNCHER)]
        return subprocess.Popen(words, env=self.environment(nic))

    def forget(self, wire):
        """Closed by the test itself."""
        self._open.remove(wire)

    def brought_up(self, nic):
        done = self.up(nic)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def all(self):
        """Everything that is set up and does not change by itself, to compare."""
        kept = ("ifname", "master", "mtu", "address")
        return {
            "links": [{name: link.get(name) for name in kept if name in link} for link in self.shown("link show")],
            "rules": [self.shown("rule show", version) for version in (4, 6)],
            "routes": [
                _told(one) for version in (4, 6) for one in self.shown("route show table all", version) if _made(one)
            ],
            "proxies": [self.shown("neigh show proxy", version) for version in (4, 6)],
            "nft": sorted(re.findall(r"^\t(?:set|chain) .*?^\t}$", self.nft(), re.MULTILINE | re.DOTALL)),
            "bindings": {path.name: path.read_text() for path in self.places.bindings.glob("*")},
            "taps": {path.name: path.read_text() for path in self.places.taps.glob("tap*")},
        }

    def left(self):
        """The same but for the interfaces."""
        return {name: value for name, value in self.all().items() if name not in {"links", "nft"}}


def _made(route):
    return route.get("protocol") != "kernel" and route.get("table") != "local"


def _told(route):
    return {name: value for name, value in route.items() if name != "flags"}


class Guest:
    """A namespace behind a tap that is one end of a cable: a guest with a kernel of its own, for clients that need one."""

    def __init__(self, node, tap):
        self.name = f"{node.name}-guest"
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        node.ip(f"link add {tap} type veth peer name eth0 netns {self.name}")
        words = f"link set lo up\nlink set eth0 address {GUEST_MAC}\n"
        subprocess.run(["ip", "-n", self.name, "-batch", "-"], input=words, text=True, check=True)
        self.tell("ipv6/conf/eth0/accept_dad", "0")

    def tell(self, switch, value):
        self.run("sh", "-c", f"echo {value} > /proc/sys/net/{switch}", check=True)

    def run(self, *words, check=False):
        words = ["ip", "netns", "exec", self.name, *words]
        return subprocess.run(words, capture_output=True, text=True, timeout=60, check=check)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=True)


def bridged(tap="tap0", **changed):
    """An interface on a network, as Ganeti 3.0 hands it over."""
    return {
        "BRIDGE": "br0", "INSTANCE": "snf-7", "INTERFACE": tap, "INTERFACE_INDEX": "0", "INTERFACE_NAME": "snf-nic-1",
        "INTERFACE_UUID": "6ce0dd85-09c7-4ad2-b234-62896bf9ef2a", "IP": "192.0.2.5", "LINK": "br0", "MAC": GUEST_MAC,
        "MODE": "bridged", "NETWORK_GATEWAY": "192.0.2.1", "NETWORK_GATEWAY6": "2001:db8::1", "NETWORK_MAC_PREFIX": "aa:00:01",
        "NETWORK_NAME": "net1", "NETWORK_SUBNET": "192.0.2.0/24", "NETWORK_SUBNET6": "2001:db8::/64", "NETWORK_TAGS": "nfdhcpd",
        "NETWORK_UUID": "n-1", "TAGS": "synnefo:server:1", "VLAN": "", "HOME": "/root", "LANG": "C.UTF-8",
    } | changed  # fmt: skip


def routed(tap="tap0", **changed):
    """An interface that is on no network, routed by table 155."""
    return {
        "INSTANCE": "snf-7", "INTERFACE": tap, "INTERFACE_INDEX": "0", "INTERFACE_NAME": "snf-nic-1", "IP": "198.51.100.5",
        "LINK": "155", "MAC": GUEST_MAC, "MODE": "routed", "TAGS": "synnefo:server:1", "VLAN": "",
    } | changed  # fmt: skip


GUEST_MAC = "aa:00:01:00:00:05"
OTHER_MAC = "aa:00:01:00:00:06"
GUEST, OTHER = (wire.packed_mac(mac) for mac in (GUEST_MAC, OTHER_MAC))
