"""A TCP link that can be hurt: what connects to its port is joined to its target, for better or worse.

``cloud`` puts one between each program and what it needs. A link that is cut passes nothing and loses nothing, as TCP
does while packets are dropped: what was sent arrives when it heals, unless somebody has given up by then. ``heal`` makes
every link whole again; what was reset or half closed stays so, since a connection does not come back.
"""

import asyncio
import contextlib
import socket
import struct
from typing import Final

from synnefo.testing.processes import LOOPBACK

READ: Final = 64 * 1024
CHOP: Final = 7  # bytes in a piece of a chopped stream
CHOPPED: Final = 2_000  # bytes of each read that are chopped; the rest follows whole
CONNECT: Final = 5.0  # seconds the target has to accept
ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


class Direction:
    """One way through a link. ``delay`` seconds are added to each piece, ``chop`` tears pieces apart."""

    def __init__(self) -> None:
        self.delay, self.chop = 0.0, False
        self._open = asyncio.Event()
        self._open.set()

    def cut(self) -> None:
        self._open.clear()

    def heal(self) -> None:
        self.delay, self.chop = 0.0, False
        self._open.set()

    async def passable(self) -> None:
        await self._open.wait()

    async def carry(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Bring these bytes over, as the direction stands when they come to it."""
        await self.passable()
        if self.delay:
            await asyncio.sleep(self.delay)
            await self.passable()
        whole = CHOPPED if self.chop else 0
        for start in range(0, min(whole, len(data)), CHOP):
            writer.write(data[start : min(start + CHOP, whole)])
            await asyncio.sleep(0)
        if data[whole:]:
            writer.write(data[whole:])
        await writer.drain()


class Joint:
    """One connection through a link: the client's side and the target's."""

    def __init__(self, client: asyncio.StreamWriter, target: asyncio.StreamWriter) -> None:
        self._sides = (client, target)

    def reset(self) -> None:
        """Both sides see a reset."""
        for side in self._sides:
            raw = side.get_extra_info("socket")  # none once it is closed
            with contextlib.suppress(OSError):
                if raw:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            side.transport.abort()

    def half_close(self) -> None:
        """The client has the end of the stream; what it sends still arrives."""
        with contextlib.suppress(OSError, RuntimeError):
            self._sides[0].write_eof()


class Link:
    """``name`` says what it joins, ``port`` is where it listens once opened, ``target`` where it leads on loopback."""

    def __init__(self, name: str, target: int) -> None:
        self.name, self.target, self.port = name, target, 0
        self.up, self.down = Direction(), Direction()
        self.refusing = False
        self._joints: set[Joint] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def close(self) -> None:
        if self._server:
            self._server.close()
        self.reset()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, *, up: bool = True, down: bool = True) -> None:
        """From now on nothing passes towards the target (``up``), or from it (``down``)."""
        for direction, wanted in ((self.up, up), (self.down, down)):
            if wanted:
                direction.cut()

    def heal(self) -> None:
        """Whole again."""
        self.refusing = False
        self.up.heal()
        self.down.heal()

    def reset(self) -> None:
        """End every connection there is."""
        for joint in tuple(self._joints):
            joint.reset()

    def half_close(self) -> None:
        """Every client there is sees the end of its stream."""
        for joint in tuple(self._joints):
            joint.half_close()

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._joints)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # the target is away, or the link closes: the client sees its connection end
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            return
        await self.up.passable()
        async with asyncio.timeout(CONNECT):
            from_target, to_target = await asyncio.open_connection(LOOPBACK, self.target)
        joint = Joint(writer, to_target)
        self._joints.add(joint)
        pumps = [
            asyncio.create_task(_pump(reader, to_target, self.up)),
            asyncio.create_task(_pump(from_target, writer, self.down)),
        ]
        try:
            await asyncio.gather(*pumps)
        finally:
            self._joints.discard(joint)
            to_target.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Direction) -> None:
    """Until the stream ends; then the other side is told. Raises ``OSError`` when either side is gone."""
    while data := await reader.read(READ):
        try:
            await way.carry(data, writer)
        except RuntimeError:  # half closed meanwhile: nobody is to have the rest
            return
    await way.passable()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
