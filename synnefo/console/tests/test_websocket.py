"""Given a viewer that speaks WebSocket (the library's own client) and a server that speaks none; their relay is one stream."""

import asyncio
import itertools
import logging
from http import HTTPStatus

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from synnefo.console import websocket
from synnefo.console.relay import Relay
from synnefo.console.tests.desk import calls, door, served
from synnefo.console.websocket import WebSocket, header

BINARY = ["binary", "ticket.abc"]


class Proxy:
    """Accepts whoever asks and relays to the server that has come; ``reasons`` why a relay ended."""

    def __init__(self, theirs):
        self.theirs, self.reasons, self.tasks, self.sockets = theirs, [], set(), []
        self.requests, self.joined = [], asyncio.Event()

    def asked(self, socket, request):
        self.requests.append(request)
        self.sockets.append(socket)
        task = asyncio.ensure_future(self._serve(socket))
        self.tasks.add(task)

    async def _serve(self, socket):
        if socket.accept():
            await self._join(socket)

    async def _join(self, socket):
        ahead = await calls(self.theirs.port)
        self.relay = Relay(socket, ahead.transport, idle=60, ended=lambda _, why: self.reasons.append(why))
        self.joined.set()


def listening(asked):
    return served(lambda: WebSocket(asked))


@pytest.fixture
async def proxy():
    async with door() as theirs:
        made = Proxy(theirs)
        async with listening(made.asked) as made.port:
            yield made
            for socket in made.sockets:
                socket.abort()


def viewer(proxy, **options):
    return connect(f"ws://127.0.0.1:{proxy.port}/", subprotocols=BINARY, compression=None, **options)


async def test_bytes_go_both_ways_as_they_are(proxy):
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        await one.send(b"key")
        await server.hears(b"key")
        server.say(b"\0picture\xff")
        assert await one.recv() == b"\0picture\xff"
        assert (one.subprotocol, one.response.headers.get("Sec-WebSocket-Extensions")) == ("binary", None)


async def test_what_is_said_before_anybody_relays_is_not_lost(proxy):
    far = asyncio.Event()

    async def late(socket):
        assert socket.accept()
        await far.wait()
        await proxy._join(socket)

    proxy.asked = lambda socket, _: (proxy.sockets.append(socket), proxy.tasks.add(asyncio.ensure_future(late(socket))))
    async with listening(proxy.asked) as proxy.port, viewer(proxy) as one:
        for word in (b"one ", b"two "):
            await one.send(word)
        await (await one.ping())  # they have been heard
        far.set()
        server = await proxy.theirs.came()
        await server.hears(b"one two ")
        await one.send(b"three")
        await server.hears(b"three")


async def test_the_ticket_is_not_repeated_in_the_answer(proxy):
    async with viewer(proxy) as one:
        assert "abc" not in str(one.response.headers)


@pytest.mark.parametrize("size", [1, 125, 126, 65535, 65536, 3_000_000])
async def test_pieces_of_every_size_arrive(proxy, size):
    async with viewer(proxy, max_size=None) as one:
        server = await proxy.theirs.came()
        server.say(b"x" * size)
        got = b""
        while len(got) < size:
            got += await one.recv()
        assert got == b"x" * size


async def test_a_message_in_fragments_is_one_stream(proxy):
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        await one.send([b"one ", b"two ", b"three"])
        await server.hears(b"one two three")


async def test_a_viewer_that_says_goodbye_ends_it(proxy):
    async with viewer(proxy):
        server = await proxy.theirs.came()
    await server.is_lost()
    assert proxy.reasons == ["closed"]


async def test_a_server_that_goes_is_a_goodbye_to_the_viewer(proxy):
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        server.say(b"last")
        server.transport.close()
        assert await one.recv() == b"last"
        with pytest.raises(ConnectionClosed) as error:
            await one.recv()
        assert error.value.rcvd.code == 1000


async def test_a_viewer_that_does_not_read_holds_the_server_back(proxy):
    async with viewer(proxy, max_queue=1, max_size=None) as one:
        server = await proxy.theirs.came()
        server.say(b"x" * 64 * 1024 * 1024)
        await proxy.joined.wait()
        held = asyncio.Event()
        original, proxy.relay.up.pause_writing = proxy.relay.up.pause_writing, lambda: (original(), held.set())
        async with asyncio.timeout(5):
            await held.wait()
        assert proxy.relay.down.moved < 32 * 1024 * 1024
        one.transport.abort()


async def test_a_viewer_that_says_nothing_to_pings_is_let_go(proxy, monkeypatch):
    monkeypatch.setattr(websocket, "BEAT", 0.1)
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        one.transport.pause_reading()
        await server.is_lost()
        one.transport.abort()


async def test_one_that_answers_pings_stays(proxy, monkeypatch):
    monkeypatch.setattr(websocket, "BEAT", 0.02)
    beats, fifth = itertools.count(1), asyncio.Event()
    original = WebSocket._beat
    monkeypatch.setattr(WebSocket, "_beat", lambda self: (original(self), next(beats) < 5 or fifth.set()))
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        await fifth.wait()
        server.say(b"still")
        assert await one.recv() == b"still"


async def test_text_is_no_stream_and_rubbish_ends_it(proxy):
    async with viewer(proxy) as one:
        server = await proxy.theirs.came()
        await one.send("text")
        await one.send(b"bytes")
        await server.hears(b"bytes")
        one.transport.write(b"\xff\xff\xff\xff")
        await server.is_lost()


async def test_a_refusal_is_an_answer_of_http():
    def refuse(socket, _):
        socket.refuse(HTTPStatus.FORBIDDEN, "No.")

    async with listening(refuse) as port:
        with pytest.raises(InvalidStatus) as error:
            await connect(f"ws://127.0.0.1:{port}/", subprotocols=BINARY)
        assert (error.value.response.status_code, error.value.response.body) == (403, b"No.\n")


async def test_what_asks_for_no_websocket_gets_none(proxy):
    one = await calls(proxy.port)
    one.say(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
    await one.until(lambda end: end.lost)
    assert one.got.startswith(b"HTTP/1.1 426 ")


async def test_tickets_are_not_logged_whatever_is_logged(proxy, caplog):
    with caplog.at_level(logging.DEBUG):
        async with viewer(proxy) as one:
            await one.send(b"key")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.client")]
    assert not [line for line in ours if "abc" in line]


@pytest.mark.parametrize(("size", "head"), [(5, "8205"), (126, "827e007e"), (65536, "827f0000000000010000")])
def test_the_header_of_a_message_is_as_the_standard_says(size, head):
    assert header(size).hex() == head
