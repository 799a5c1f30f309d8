"""Given a viewer and a server that are joined; what one says the other hears, however fast and for however long."""

import asyncio

import pytest

from synnefo.console import relay
from synnefo.console.relay import Relay
from synnefo.console.tests.desk import calls, door

MANY = 64 * 1024 * 1024


class Pair:
    """``viewer`` and ``server`` are the far ends; ``reasons`` why the relay has ended."""

    def __init__(self):
        self.reasons = []
        self._over = asyncio.Event()

    async def join(self, ours, theirs, *, idle=60.0):
        self.viewer = await calls(ours.port)
        near = await ours.came()
        ahead = await calls(theirs.port)
        self.ahead = ahead.transport
        self.server = await theirs.came()
        self.relay = Relay(near.transport, ahead.transport, idle=idle, ended=self._ended)

    def _ended(self, _, reason):
        self.reasons.append(reason)
        self._over.set()

    async def over(self):
        async with asyncio.timeout(5):
            await self._over.wait()


@pytest.fixture
async def doors():
    async with door() as ours, door() as theirs:
        yield ours, theirs


@pytest.fixture
async def pair(doors):
    made = Pair()
    await made.join(*doors)
    yield made
    made.relay.end("test")


async def test_each_hears_what_the_other_says(pair):
    pair.viewer.say(b"key")
    pair.server.say(b"picture")

    await pair.server.hears(b"key")
    await pair.viewer.hears(b"picture")
    assert (pair.relay.up.moved, pair.relay.down.moved) == (3, 7)


@pytest.mark.parametrize("lost", ["viewer", "server"])
async def test_when_one_goes_the_other_is_let_go(pair, lost):
    gone, left = (pair.viewer, pair.server) if lost == "viewer" else (pair.server, pair.viewer)

    gone.transport.abort()

    await left.is_lost()
    await pair.over()
    assert pair.reasons == ["closed"]


async def test_who_has_said_all_still_hears_the_other(pair):
    pair.viewer.patient = pair.server.patient = True
    pair.viewer.transport.write_eof()
    await pair.server.until(lambda end: end.ended)

    pair.server.say(b"last words")

    await pair.viewer.hears(b"last words")
    assert pair.reasons == []
    pair.server.transport.write_eof()
    await pair.over()
    assert pair.reasons == ["closed"]


async def test_what_was_said_before_going_still_arrives(pair):
    pair.server.say(b"x" * 1_000_000)
    pair.server.transport.close()

    await pair.viewer.hears(b"x" * 1_000_000)


async def test_a_viewer_that_does_not_read_holds_the_server_back(pair):
    pair.viewer.transport.pause_reading()
    pair.server.say(b"x" * MANY)

    async with asyncio.timeout(5):
        while pair.ahead.is_reading():  # noqa: ASYNC110 - transports ring no bell
            await asyncio.sleep(0)

    assert 0 < pair.relay.down.moved < MANY / 2
    pair.viewer.transport.resume_reading()
    await pair.viewer.until(lambda end: len(end.got) == MANY)


async def test_one_on_which_nothing_moves_ends(doors):
    pair = Pair()
    await pair.join(*doors, idle=0.2)

    await pair.viewer.is_lost()
    await pair.server.is_lost()

    assert pair.reasons == ["idle"]


async def test_who_takes_nothing_of_what_is_left_is_let_go_too(pair, monkeypatch):
    monkeypatch.setattr(relay, "LINGER", 0.1)
    pair.viewer.transport.pause_reading()
    pair.server.say(b"x" * MANY)
    await asyncio.sleep(0)
    pair.server.transport.abort()
    await pair.server.is_lost()

    pair.viewer.transport.resume_reading()
    await pair.viewer.is_lost()


async def test_it_ends_once(pair):
    pair.relay.end("revoked")
    pair.relay.end("idle")
    await pair.viewer.is_lost()

    assert pair.reasons == ["revoked"]
