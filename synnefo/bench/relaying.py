"""A viewer for the figures of consoles: plain sockets that block, so that what is measured is what stands between. Called by
``console`` and ``relays``; no Django."""

import socket
from typing import Final

from logic import clock

HOST: Final = "127.0.0.1"
ROUND: Final = b"k" * 64  # a key and what changes by it
PATIENCE: Final = 30.0
_UPGRADE: Final = (
    b"GET / HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\r\n"
)


def viewer(port: int, *, websocket: bool = False) -> socket.socket:
    """Connected, and upgraded."""
    made = socket.create_connection((HOST, port), timeout=PATIENCE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if websocket:
        made.sendall(_UPGRADE)
        told = b""
        while b"\r\n\r\n" not in told:
            byte = made.recv(1)  # and nothing of what follows
            _flowing(len(byte))
            told += byte
        assert told.startswith(b"HTTP/1.1 101"), told
    return made


def rate(port: int, seconds: float, *, websocket: bool = False) -> float:
    """MB/s that arrive; headers of messages count, which are a few bytes in thousands."""
    with viewer(port, websocket=websocket) as one:
        room = bytearray(1 << 20)
        one.recv_into(room)  # it flows
        taken, started = 0, clock.monotonic()
        while (passed := clock.monotonic() - started) < seconds:
            taken += _flowing(one.recv_into(room))
        return taken / passed / 1e6


def rounds(port: int, count: int, *, websocket: bool = False) -> list[float]:
    """Milliseconds of each round trip of a small message."""
    masked = b"\x82" + bytes([0x80 | len(ROUND)]) + bytes(4) + ROUND  # with a mask of zeros
    sent, size = (masked, len(ROUND) + 2) if websocket else (ROUND, len(ROUND))
    with viewer(port, websocket=websocket) as one:
        return [_round(one, sent, size) for _ in range(count)]


def _round(one: socket.socket, sent: bytes, size: int) -> float:
    started = clock.monotonic()
    one.sendall(sent)
    got = 0
    while got < size:
        got += _flowing(len(one.recv(size - got)))
    return (clock.monotonic() - started) * 1000


def _flowing(size: int) -> int:
    """Raises ``ConnectionError`` when no more comes."""
    if not size:
        raise ConnectionError("what is measured has hung up")
    return size
