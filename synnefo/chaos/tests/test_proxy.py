"""A link carries what it is given, and hurts it as it is told."""

import asyncio
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest

from synnefo.chaos.proxy import Joint, Link

MOMENT = 0.05


@asynccontextmanager
async def echoing():
    """A link to a server that sends back what it gets."""

    async def serve(reader, writer):
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    link = Echo("echo", server.sockets[0].getsockname()[1])
    await link.open()
    try:
        yield link
    finally:
        await link.close()
        for writer in link.clients:
            writer.transport.abort()
        server.close()


class Echo(Link):
    """Remembers its clients, to end them."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.clients = []


async def connected(link):
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    link.clients.append(writer)
    return reader, writer


async def heard(reader, count):
    async with asyncio.timeout(5):
        return await reader.readexactly(count)


async def nothing_comes(reader):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(MOMENT):
            await reader.read(1)


async def test_a_whole_link_carries_bytes_both_ways():
    async with echoing() as link:
        reader, writer = await connected(link)
        writer.write(b"hello")
        assert await heard(reader, 5) == b"hello"


@pytest.mark.parametrize("ways", [{}, {"up": False}, {"down": False}], ids=["both", "down only", "up only"])
async def test_what_is_sent_into_a_cut_arrives_when_it_heals(ways):
    async with echoing() as link:
        reader, writer = await connected(link)
        link.cut(**ways)
        writer.write(b"hello")
        await nothing_comes(reader)
        link.heal()
        assert await heard(reader, 5) == b"hello"


async def test_a_new_connection_waits_until_a_cut_link_heals():
    async with echoing() as link:
        link.cut()
        reader, writer = await connected(link)
        writer.write(b"hello")
        await nothing_comes(reader)
        assert link.connections == 0
        link.heal()
        assert await heard(reader, 5) == b"hello"


async def test_a_reset_ends_the_connection_and_new_ones_are_whole():
    async with echoing() as link:
        reader, writer = await connected(link)
        writer.write(b"x")
        await heard(reader, 1)
        link.reset()
        with pytest.raises(ConnectionResetError):
            await heard(reader, 1)
        reader, writer = await connected(link)
        writer.write(b"y")
        assert await heard(reader, 1) == b"y"


def test_a_side_that_is_closed_already_can_be_reset():
    # Given a joint whose client is gone: uvloop has no socket for it then
    gone = SimpleNamespace(get_extra_info=lambda _: None, transport=SimpleNamespace(abort=lambda: None))
    aborted = []
    there = SimpleNamespace(get_extra_info=lambda _: None, transport=SimpleNamespace(abort=lambda: aborted.append(1)))
    Joint(gone, there).reset()
    assert aborted


async def test_a_refusing_link_ends_each_connection_at_once():
    async with echoing() as link:
        link.refusing = True
        reader, _ = await connected(link)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""


async def test_chopped_and_delayed_bytes_are_the_same_bytes():
    async with echoing() as link:
        link.up.chop = link.down.chop = True
        link.down.delay = 0.01
        reader, writer = await connected(link)
        sent = bytes(range(256)) * 40
        writer.write(sent)
        assert await heard(reader, len(sent)) == sent


async def test_after_a_half_close_the_client_sees_the_end_and_the_server_still_hears():
    async with echoing() as link:
        reader, writer = await connected(link)
        writer.write(b"x")
        await heard(reader, 1)
        link.half_close()
        assert await reader.read() == b""
        writer.write(b"y")
        await writer.drain()
        assert link.connections == 1


async def test_a_target_that_is_away_ends_the_connection():
    async with echoing() as link:
        link.target = 1
        reader, _ = await connected(link)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
