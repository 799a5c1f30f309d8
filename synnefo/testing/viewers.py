"""A viewer of consoles, for the acceptance tests of both forms of the cloud: what a browser does with the address that
``openstack console url show`` tells, up to the first words of the guest's screen."""

import urllib.request
from typing import NamedTuple
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from synnefo.console.asking import ADDRESS, PREFIX
from synnefo.console.rfb import Handshake, to_server

PATIENCE = 20.0  # seconds for each answer
_BEFORE_NAME = 24  # bytes of the server's first message


class Screen(NamedTuple):
    """``name`` is what the screen is called (QEMU: after the instance)."""

    width: int
    height: int
    name: str


def look(url: str) -> Screen:
    """What is at this address of a console. Raises ``InvalidStatus`` when nobody is let in, ``AssertionError`` when there is no
    screen."""
    page, _, ticket = url.partition("#")
    with urllib.request.urlopen(page, timeout=PATIENCE) as answer:  # what the browser is sent
        assert b"console.js" in answer.read()
    parts = urlsplit(page)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{ADDRESS}"
    offered = [Subprotocol("binary"), Subprotocol(PREFIX + ticket)]
    origin = Origin(f"{parts.scheme}://{parts.netloc}")
    with connect(socket, subprotocols=offered, origin=origin, compression=None, proxy=None, max_size=None) as one:
        return _met(one)


def _met(one: ClientConnection) -> Screen:
    steps = Handshake(to_server())
    steps.feed()
    while not (steps.done or steps.broken):
        if out := steps.feed(_more(one)):
            one.send(out)
    assert steps.done, steps.broken
    one.send(b"\x01")
    told = steps.rest
    while len(told) < _BEFORE_NAME or len(told) < _BEFORE_NAME + int.from_bytes(told[20:24], "big"):
        told += _more(one)
    size = int.from_bytes(told[20:24], "big")
    name = told[_BEFORE_NAME : _BEFORE_NAME + size].decode()
    return Screen(int.from_bytes(told[:2], "big"), int.from_bytes(told[2:4], "big"), name)


def _more(one: ClientConnection) -> bytes:
    data = one.recv(timeout=PATIENCE)
    assert isinstance(data, bytes)
    return data
