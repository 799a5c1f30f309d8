"""What simulated guests show: a VNC server for each that runs, with bars of colour under the guest's name.

``Screens.reach`` is what the gate asks instead of a node, since the simulator's nodes are nowhere. Like QEMU, a screen ends with
its guest. Called by ``cloud``; tests use it as the server at the far end.
"""

import asyncio
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from logic.backends.base import Screen
from synnefo.console import rfb
from synnefo.console.opening import Address
from synnefo.console.rfb import Broken, Handshake, Steps

WIDTH, HEIGHT = 320, 200
LOOK: Final = 1.0  # seconds between two looks whether the guest still runs
LONGEST: Final = 1 << 20  # bytes of what a viewer pastes
COLOURS: Final = (
    (255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255), (40, 40, 40),
)  # fmt: skip
_FORMAT: Final = struct.Struct(">BBBBHHHBBB3x")
_OURS: Final = _FORMAT.pack(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
_SIZES: Final = {4: 7, 5: 5}  # keys and movements: bytes after the first
Running = Callable[[], Mapping[int, str]]


def shown(name: str) -> Steps:
    """A guest's screen, for one viewer."""
    yield from rfb.to_viewer()
    yield 1  # whether others may look too: they may
    title = name.encode()
    yield struct.pack(">HH", WIDTH, HEIGHT) + _OURS + len(title).to_bytes(4, "big") + title
    pixels = _OURS
    while True:
        kind = (yield 1)[0]
        if kind == 0:
            pixels = (yield 19)[3:]
        elif kind == 2:  # noqa: PLR2004 - RFC 6143, 7.5: encodings; raw is always one
            yield 4 * int.from_bytes((yield 3)[1:], "big")
        elif kind == 3:  # noqa: PLR2004 - an update; a picture that does not change has no later ones
            if not (yield 9)[0]:
                yield picture(name, pixels)
        elif kind == 6:  # noqa: PLR2004 - what the viewer pastes
            yield _bounded(int.from_bytes((yield 7)[3:], "big"))
        elif kind in _SIZES:
            yield _SIZES[kind]
        else:
            raise Broken(f"the viewer sent a message of kind {kind}")


def _bounded(size: int) -> int:
    if size > LONGEST:
        raise Broken("the viewer pasted too much")
    return size


def picture(name: str, pixels: bytes) -> bytes:
    """The whole screen, as raw pixels of the viewer's format. Guests differ in the order of their bars."""
    turn = zlib.crc32(name.encode()) % len(COLOURS)
    bars = [_pixel(colour, pixels) for colour in (*COLOURS[turn:], *COLOURS[:turn])]
    row = b"".join(bar * (WIDTH // len(bars)) for bar in bars)
    return struct.pack(">BxHHHHHi", 0, 1, 0, 0, WIDTH, HEIGHT, 0) + row * HEIGHT


def _pixel(colour: tuple[int, int, int], pixels: bytes) -> bytes:
    """Bits that mean nothing are set: noVNC 1.3 takes them for how opaque a pixel is."""
    fields: tuple[int, ...] = _FORMAT.unpack(pixels)
    (bits, _, big, _), most, shifts = fields[:4], fields[4:7], fields[7:]
    whole = (1 << bits) - 1
    used = sum(part << shift for part, shift in zip(most, shifts, strict=True))
    value = sum((part * full // 255) << shift for part, full, shift in zip(colour, most, shifts, strict=True))
    return ((value | ~used) & whole).to_bytes(bits // 8, "big" if big else "little")


class Guest(asyncio.Protocol):
    """A viewer's connection, for as long as ``runs`` gives the guest's name."""

    def __init__(self, runs: Callable[[], str]) -> None:
        self._runs, self._name = runs, runs()
        self._steps = Handshake(shown(self._name))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # of a stream
        self._look()
        self.data_received(b"")

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._steps.feed(data))
        if self._steps.broken:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(LOOK, self._look)
        if not self._name or self._runs() != self._name:
            self._transport.abort()


class Screens:
    """``running``: the port of each guest that runs, and its name."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._listening: dict[int, asyncio.Server] = {}

    async def reach(self, screen: Screen) -> Address:
        """Where the screen at this port of the cluster is met."""
        if screen.port not in self._listening:
            self._listening[screen.port] = await self._listen(screen.port)
        return Address("127.0.0.1", self._listening[screen.port].sockets[0].getsockname()[1])

    async def _listen(self, port: int) -> asyncio.Server:
        def runs() -> str:
            return self._running().get(port, "")

        return await asyncio.get_running_loop().create_server(lambda: Guest(runs), "127.0.0.1", 0)

    def close(self) -> None:
        for server in self._listening.values():
            server.close()
