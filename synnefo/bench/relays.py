"""``python -m synnefo.bench.relays KIND PORT [TO]``: what stands between a viewer and a server in the figures of consoles, and
the servers at the far end, each a process of its own on uvloop.

``source`` says as much as is taken, ``echo`` what it hears. ``bare`` is the least that a relay on asyncio can be, without a bound
or a count; ``raw`` is ours, ``websocket`` ours behind a WebSocket. Called by ``console``.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any, Final

import uvloop

from synnefo.bench.relaying import HOST
from synnefo.console.opening import tune
from synnefo.console.relay import Relay
from synnefo.console.websocket import WebSocket

PIECE: Final = bytes(1 << 18)
IDLE: Final = 3600.0


class Source(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self._transport, self._held = transport, False
        asyncio.get_running_loop().call_soon(self.resume_writing)

    def pause_writing(self) -> None:
        self._held = True

    def resume_writing(self) -> None:
        self._held = False
        while not (self._held or self._transport.is_closing()):
            self._transport.write(PIECE)


class Echo(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        tune(transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Bare(asyncio.Protocol):
    """One side; ``other`` is the transport of the other."""

    def __init__(self, other: Any) -> None:
        self.other = other

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def pause_writing(self) -> None:
        self.other.pause_reading()

    def resume_writing(self) -> None:
        self.other.resume_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self.other.close()


class Met(asyncio.Protocol):
    """A viewer who has come, until there is a server too; a viewer of these says nothing."""

    def __init__(self, join: Callable[[Any], Any]) -> None:
        self._join = join

    def connection_made(self, transport: Any) -> None:
        tune(transport)
        self._task = asyncio.ensure_future(self._join(transport))


async def _reached(port: int) -> Any:
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, HOST, port)
    transport.pause_reading()
    tune(transport)
    return transport


async def _bare(viewer: Any, port: int) -> None:
    server = await _reached(port)
    viewer.set_protocol(Bare(server))
    server.set_protocol(Bare(viewer))
    server.resume_reading()


async def _ours(viewer: Any, port: int) -> None:
    server = await _reached(port)
    Relay(viewer, server, idle=IDLE, ended=lambda *_: None)
    server.resume_reading()


async def _behind(socket: WebSocket, port: int) -> None:
    if socket.accept():
        await _ours(socket, port)


def protocol(kind: str, to: int) -> Callable[[], asyncio.Protocol]:
    """What meets who comes."""
    tasks = set()

    def asked(socket: WebSocket, _: Any) -> None:
        tasks.add(asyncio.ensure_future(_behind(socket, to)))

    return {
        "source": Source,
        "echo": Echo,
        "bare": lambda: Met(lambda viewer: _bare(viewer, to)),
        "raw": lambda: Met(lambda viewer: _ours(viewer, to)),
        "websocket": lambda: WebSocket(asked),
    }[kind]


async def _serve(kind: str, port: int, to: int) -> None:
    server = await asyncio.get_running_loop().create_server(protocol(kind, to), HOST, port)
    await server.serve_forever()


def main() -> None:
    kind, port, *to = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(kind, int(port), int(to[0]) if to else 0))


if __name__ == "__main__":
    main()
