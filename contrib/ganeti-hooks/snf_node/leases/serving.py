"""The address server of a node: gives each guest the addresses of its binding, on its own tap, and to nobody else.

``snf-leases`` runs it. It follows the directory of bindings (``snf_node.bindings`` writes them), hears each tap that has one, and
answers DHCP, DHCPv6 and router solicitations; unasked it tells guests of their router every five minutes. It keeps nothing: a
restart knows all that it knew. One thread, one selector; a guest that asks too often is not heard, and no other waits for it.
"""

import argparse
import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from ipaddress import IPv6Address
from pathlib import Path
from typing import Final

from snf_node import wire
from snf_node.leases import dhcp4, dhcp6, routers
from snf_node.leases.taps import Tap, Taps
from snf_node.leases.told import Told, told
from snf_node.leases.watching import Watch
from snf_node.places import places

BEAT: Final = 1.0  # seconds: the supervisor is told that it goes on
LOOK: Final = 30.0  # seconds: all is looked at again, whatever was heard of it
ADDRESSES: Final = Path("/proc/net/if_inet6")


class Server:
    """``turn`` until told to end."""

    def __init__(self, directory: Path, given: Told) -> None:
        self._told, self._taps = given, Taps(directory)
        self._selector = selectors.DefaultSelector()
        self._watch = Watch(directory)
        self._selector.register(self._watch, selectors.EVENT_READ)
        self._woken, self._wakes = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._looked_at = float("-inf")
        self.ends = False

    def end(self) -> None:
        """From a signal's handler: the turn under way is the last."""
        self.ends = True
        self._wakes.send(b"\0")

    def turn(self, now: float) -> None:
        """Wait for a question or a change for at most a beat, and do what is due."""
        ready = [key for key, _ in self._selector.select(0 if now - self._looked_at > LOOK else BEAT)]
        if any(key.fileobj is self._watch for key in ready):
            self._look(self._watch.changed())  # first: what is no binding any more is not answered
        for tap in (key.data for key in ready if key.data):
            self._answer(tap, now)
        if now - self._looked_at > LOOK:
            self._looked_at = now
            self._look(None)
        self._advertise(now)

    def close(self) -> None:
        for tap in self._taps.values():
            tap.socket.close()
        for one in (self._watch, self._woken, self._wakes):
            one.close()
        self._selector.close()

    def _look(self, names: set[str] | None) -> None:
        new, gone = self._taps.look(names)
        for tap in gone:
            self._selector.unregister(tap.socket)
            tap.socket.close()
        for tap in new:
            self._selector.register(tap.socket, selectors.EVENT_READ, tap)

    def _answer(self, tap: Tap, now: float) -> None:
        """A tap that went away while this was on its way is closed; its file's end, or the next look, says the rest."""
        if tap.socket.fileno() < 0:
            return
        try:
            for frame in tap.frames(now):
                tap.send(self._answered(frame, tap))
        except OSError:
            self._look({tap.lease.tap})

    def _answered(self, frame: bytes, tap: Tap) -> bytes | None:
        """Only its guest is answered: this is read before anything is filtered."""
        packet = wire.understood(frame)
        if packet is None or packet.mac != tap.lease.mac:
            return None
        return (
            dhcp4.answer(packet, tap.lease, self._told)
            or dhcp6.answer(packet, tap.lease, self._told)
            or routers.answer(packet, tap.lease, self._told, addresses())
        )

    def _advertise(self, now: float) -> None:
        due = [tap for tap in self._taps.values() if now - tap.told_at >= routers.EVERY]
        own = addresses() if due else {}
        for tap in due:
            tap.told_at = now
            tap.send(routers.advertisement(tap.lease, self._told, own))


def addresses() -> dict[str, list[IPv6Address]]:
    """The IPv6 addresses of this node by device."""
    found: dict[str, list[IPv6Address]] = {}
    for line in ADDRESSES.read_text().splitlines() if ADDRESSES.exists() else ():
        words = line.split()
        found.setdefault(words[5], []).append(IPv6Address(bytes.fromhex(words[0])))
    return found


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="snf-leases", description=__doc__.splitlines()[0])
    made.add_argument("--bindings", type=Path, default=places(os.environ).bindings, help="the directory of bindings")
    made.add_argument("--nameservers", default="", help="addresses, with commas or spaces between them")
    made.add_argument("--domain", default="", help="where guests look names up")
    return made


def main(words: Sequence[str]) -> int:
    """Until SIGTERM. 2 for wrong usage."""
    options = parser()
    given = options.parse_args(words)
    try:
        learned = told(given.nameservers, given.domain)
    except ValueError as error:
        options.error(str(error))
    given.bindings.mkdir(parents=True, exist_ok=True)
    server = Server(given.bindings, learned)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.end())
    _serve(server)
    return 0


def _serve(server: Server) -> None:
    """The supervisor hears of each turn."""
    server.turn(time.monotonic())
    notify("READY=1\nSTATUS=Serving")
    sys.stderr.write("snf-leases: serving\n")
    while not server.ends:
        server.turn(time.monotonic())
        notify("WATCHDOG=1")
    notify("STOPPING=1")
    server.close()


def notify(text: str) -> None:
    """``sd_notify(3)``. One that does not listen now, since it starts anew itself, ends nobody's leases."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
            supervisor.sendto(text.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
