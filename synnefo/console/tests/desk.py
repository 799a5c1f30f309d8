"""Both ends of a connection that a test holds in its hands."""

import asyncio
import contextlib
import functools


class End(asyncio.Protocol):
    """``got`` is what has arrived; ``ended``: the other side says no more; ``lost``: it has gone. ``patient``: it stays when the
    other side says no more."""

    def __init__(self):
        self.got = bytearray()
        self.ended, self.lost, self.patient = False, False, False
        self._news = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self._news.set()

    def data_received(self, data):
        self.got += data
        self._news.set()

    def eof_received(self):
        self.ended = True
        self._news.set()
        return self.patient

    def connection_lost(self, _):
        self.lost = True
        self._news.set()

    def say(self, data):
        self.transport.write(data)

    async def until(self, what):
        async with asyncio.timeout(5):
            while not what(self):
                self._news.clear()
                await self._news.wait()

    async def hears(self, data):
        await self.until(lambda end: len(end.got) >= len(data))
        assert self.got[: len(data)] == data
        del self.got[: len(data)]

    async def is_lost(self):
        await self.until(lambda end: end.lost)


_ENDS = set()


class Door:
    """Where somebody listens: ``port``, and ``came()``, the next who came in."""

    def __init__(self):
        self._came = asyncio.Queue()

    def made(self):
        end = End()
        end.connection_made = functools.partial(self._let_in, end)
        return end

    def _let_in(self, end, transport):
        End.connection_made(end, transport)
        _ENDS.add(end)
        self._came.put_nowait(end)

    async def came(self):
        async with asyncio.timeout(5):
            return await self._came.get()


@contextlib.asynccontextmanager
async def door():
    """Nobody who came in or called is left when it is."""
    made = Door()
    server = await asyncio.get_running_loop().create_server(made.made, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        while _ENDS:
            _ENDS.pop().transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def served(made):
    """The port where each who comes is given to a protocol of ``made``'s. Nobody who came is left when it is."""
    came = []

    def accepted():
        one = made()
        begins = one.connection_made

        def begun(transport):
            came.append(transport)
            begins(transport)

        one.connection_made = begun
        return one

    server = await asyncio.get_running_loop().create_server(accepted, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for transport in came:
            transport.abort()
        for _ in range(5):
            await asyncio.sleep(0)


async def calls(port):
    """Somebody who connects."""
    _, end = await asyncio.get_running_loop().create_connection(End, "127.0.0.1", port)
    _ENDS.add(end)
    return end
