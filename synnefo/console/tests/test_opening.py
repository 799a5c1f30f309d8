"""Given a server somewhere and a viewer here; then both are let in before anything is relayed, and every wait has a bound."""

import asyncio

import pytest

from synnefo.console import opening, rfb
from synnefo.console.opening import Address, connected, greeted, join
from synnefo.console.rfb import Broken, Handshake
from synnefo.console.tests.desk import calls, door
from synnefo.testing.processes import spare_port

GREETED = b"RFB 003.008\n"


@pytest.fixture
async def doors():
    async with door() as ours, door() as theirs:
        yield ours, theirs


async def let_in(server):
    """A server without a password lets its next viewer in."""
    end = await server.came()
    end.say(GREETED + b"\x01\x01" + b"\0\0\0\0")
    await end.hears(GREETED + b"\x01")
    return end


async def opened(theirs):
    server, end = await asyncio.gather(connected(Address("127.0.0.1", theirs.port)), let_in(theirs))
    return server, end


async def test_viewer_and_server_are_joined_with_what_was_said_early(doors):
    ours, theirs = doors
    server, far = await opened(theirs)
    viewer = await calls(ours.port)
    near = await ours.came()
    viewer.say(GREETED + b"\x01" + b"\x01")  # the last is what comes after the opening
    here = await greeted(near.transport, rfb.to_viewer())
    reasons = []

    relay = join(here, server, idle=60, ended=lambda _, why: reasons.append(why))

    await viewer.hears(GREETED + b"\x01\x01" + b"\0\0\0\0")
    await far.hears(b"\x01")
    far.say(b"size and name")
    await viewer.hears(b"size and name")
    relay.end("test")


async def test_a_server_that_is_not_there_is_told(doors):
    with pytest.raises(Broken, match="it cannot be reached: Connection refused"):
        await connected(Address("127.0.0.1", spare_port()))


async def test_a_name_that_nobody_knows_is_told(doors):
    with pytest.raises(Broken, match="its name is not known"):
        await connected(Address("node.invalid", 5900))


async def test_a_server_that_says_nothing_is_given_up(doors, monkeypatch):
    monkeypatch.setattr(opening, "SHAKING", 0.1)

    with pytest.raises(Broken, match="it said nothing"):
        await connected(Address("127.0.0.1", doors[1].port))

    await (await doors[1].came()).is_lost()


async def test_a_server_that_hangs_up_is_told(doors):
    async def hang_up():
        (await doors[1].came()).transport.close()

    told, _ = await asyncio.gather(connected(Address("127.0.0.1", doors[1].port)), hang_up(), return_exceptions=True)

    assert (type(told), str(told)) == (Broken, "it hung up")


async def test_a_server_that_says_more_than_it_may_is_let_go(doors):
    server, far = await opened(doors[1])
    far.say(b"x" * 10_000)

    await far.is_lost()
    await server.lost


async def test_a_viewer_that_has_gone_meanwhile_is_joined_with_nobody(doors):
    ours, theirs = doors
    server, far = await opened(theirs)
    viewer = await calls(ours.port)
    near = await ours.came()
    viewer.say(GREETED + b"\x01")
    here = await greeted(near.transport, rfb.to_viewer())
    viewer.transport.abort()
    await here.lost

    with pytest.raises(Broken):
        join(here, server, idle=60, ended=print)

    await far.is_lost()


async def test_a_server_that_asks_for_the_password_lets_in_who_knows_it(doors):
    async def guard():
        end = await doors[1].came()
        steps = Handshake(rfb.to_viewer("secret", bytes(range(16))))
        end.say(steps.feed())
        while not (steps.done or steps.broken):
            await end.until(lambda one: one.got)
            fresh, end.got = bytes(end.got), bytearray()
            end.say(steps.feed(fresh))

    address = Address("127.0.0.1", doors[1].port)
    server, _ = await asyncio.gather(connected(address, "secret"), guard())
    server.wire.abort()
    told, _ = await asyncio.gather(connected(address, "guess"), guard(), return_exceptions=True)
    assert "it refused the password" in str(told)
    told, _ = await asyncio.gather(connected(address), guard(), return_exceptions=True)
    assert "it asks for a password, and none is set" in str(told)
