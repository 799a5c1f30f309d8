"""A gate, the screens behind it, and viewers before it."""

import asyncio
import contextlib

import pytest
from django.db import connections
from websockets.asyncio.client import connect

from logic.backends.base import Screen
from logic.errors import Gone
from logic.identity.queries.tokens import authenticate
from logic.identity.testing import sign_in
from logic.offload import Inline
from logic.testing.worlds import ALICE, furnish, running
from synnefo.api.conftest import api as api  # noqa: PLC0414 - for the pages
from synnefo.console import asking
from synnefo.console.gate import Bounds, Gate
from synnefo.console.opening import Address
from synnefo.console.reaching import Reaching
from synnefo.console.rfb import Handshake, to_server
from synnefo.console.websocket import WebSocket
from synnefo.standalone.screens import Screens

ORIGIN = "https://cloud.example"


class Node:
    """A backend and its nodes: ``ports`` says which instance is shown at which port, ``screens`` what the cluster says."""

    kind = "ganeti"

    def __init__(self):
        self.ports, self.screens, self.asked, self.met = {}, {}, 0, lambda: None
        self.showing = Screens(lambda: self.ports)

    def start(self, server, port=11000, **changes):
        """A server's guest is shown at a port."""
        self.ports[port] = server.instance
        uuid = f"ganeti-{server.number}"
        told = {"instance_uuid": uuid, "owner": server.pk, "running": True, "host": "node1", "port": port}
        self.screens[server.instance] = Screen(**told | changes)

    def end(self, server):
        """It is gone, and its port is free."""
        self.ports = {port: name for port, name in self.ports.items() if name != server.instance}
        self.screens.pop(server.instance, None)

    async def find(self, name):
        assert name == "c1"
        return self

    async def screen(self, instance):
        self.asked += 1
        if instance not in self.screens:
            raise Gone(instance)
        return self.screens[instance]

    async def reach(self, screen):
        address = await self.showing.reach(screen)
        self.met()  # after the cluster was asked, before the connection
        return Address(address.host, address.port)


class Viewer:
    """Speaks WebSocket and VNC as noVNC does."""

    def __init__(self, socket):
        self.socket = socket

    async def sees(self):
        """The name of the guest on the screen, or why there is none."""
        steps, kept = Handshake(to_server()), b""
        await self._said(steps.feed())
        while not (steps.done or steps.broken):
            await self._said(steps.feed(await self.socket.recv()))
        if steps.broken:
            return steps.broken
        await self.socket.send(b"\x01")
        kept = steps.rest
        while len(kept) < 24:
            kept += await self.socket.recv()
        return kept[24:].decode()

    async def _said(self, data):
        if data:
            await self.socket.send(data)


class World:
    """``port`` is where viewers connect."""

    def __init__(self, node):
        self.node = node

    def of(self, caller=ALICE):
        return authenticate(sign_in(caller))

    def gate(self, **bounds):
        return Gate(
            Inline(), Reaching(self.node.find, self.node.reach), Bounds(**{"sessions": 10, "idle": 60.0} | bounds)
        )

    @contextlib.asynccontextmanager
    async def viewer(self, ticket, *, path=asking.ADDRESS, origin=ORIGIN, headers=(), protocols=None):
        offered = ["binary", f"ticket.{ticket}"] if protocols is None else protocols
        address = f"ws://127.0.0.1:{self.port}{path}"
        headers = {"Host": "cloud.example", **dict(headers)}
        async with connect(
            address, subprotocols=offered, origin=origin, additional_headers=headers, compression=None, proxy=None
        ) as one:
            yield Viewer(one)


@pytest.fixture
def furnished(db, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    furnish()
    return connections["default"]


@pytest.fixture
def server(furnished):
    return running()


@pytest.fixture
async def world(furnished):
    connections["default"] = furnished
    made = World(Node())
    made.asked = made.gate().asked
    sockets = []

    def arrived():
        sockets.append(WebSocket(made.asked))
        return sockets[-1]

    listening = await asyncio.get_running_loop().create_server(arrived, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    yield made
    listening.close()
    made.node.showing.close()
    made.node.ports.clear()
    for socket in sockets:
        socket.abort()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
