"""Given vncauthproxy and a VNC server; who may ask is told a port, and whoever knows the password sees the screen there.

Who asks writes JSON and reads the answer, once, as the clients of both generations do; the viewer says what viewers say.
"""

import asyncio
import functools
import itertools
import ssl

import msgspec
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from logic.offload import Inline
from synnefo.console import authproxy, users
from synnefo.console.authproxy import Proxy, Rules
from synnefo.console.offering import Pool
from synnefo.console.rfb import Handshake, to_server
from synnefo.console.sessions import Sessions
from synnefo.console.tests.desk import calls, door
from synnefo.standalone.screens import Guest
from synnefo.testing.certificates import Authority
from synnefo.testing.processes import spare_port

AUTH = {"auth_user": "synnefo", "auth_password": "hush"}
HOST = "127.0.0.1"


_NUMBERS = itertools.count()


class World:
    """A proxy, a guest's screen at ``screen``, who asks and who looks."""

    def __init__(self, folder):
        self.folder, self.sessions, self.guests = folder, Sessions(10), []
        self.rules = Rules(address="proxy.example", users=folder / "users")
        self.pool = Pool(low=30000, high=39999, address=HOST)

    def guest(self):
        self.guests.append(Guest(lambda: "snf-7"))
        return self.guests[-1]

    def proxy(self, **changes):
        return Proxy(msgspec.structs.replace(self.rules, **changes), self.pool, self.sessions, Inline())

    async def ask(self, wanted=None, *, proxy=None, trusted=False, pieces=1000, **changes):
        """The answer."""
        asked = {"source_port": 0, "destination_address": HOST, "destination_port": self.screen, "password": "secret"}
        data = wanted if isinstance(wanted, bytes) else msgspec.json.encode({**asked, **AUTH, **changes})
        serve = functools.partial((proxy or self.proxy()).serve, trusted=trusted)
        server = await asyncio.start_unix_server(serve, path := str(self.folder / f"control{next(_NUMBERS)}"))
        try:
            reader, writer = await asyncio.open_unix_connection(path)
            for start in range(0, len(data), pieces):
                writer.write(data[start : start + pieces])
                await writer.drain()
            answer = await reader.read(1024)
            writer.close()
            return msgspec.json.decode(answer)
        finally:
            server.close()

    async def free(self):
        async with asyncio.timeout(10):
            while self.sessions.taken:  # noqa: ASYNC110 - a place rings no bell
                await asyncio.sleep(0.01)


async def looks(end, password):
    """What a viewer sees: the guest's name, or why not."""
    steps = Handshake(to_server(password))
    while not (steps.done or steps.broken or end.lost):
        fresh, end.got = bytes(end.got), bytearray()
        end.transport.write(steps.feed(fresh))
        if not (steps.done or steps.broken or end.got):
            await end.until(lambda one: one.got or one.lost)
    if not steps.done:
        return steps.broken or "hung up"
    end.got = bytearray(steps.rest)
    end.say(b"\x01")
    await end.until(lambda one: len(one.got) >= 24)
    return bytes(end.got[24:]).decode()


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    users.keep(tmp_path / "users", "synnefo", "hush")
    async with door():
        screen = await asyncio.get_running_loop().create_server(made.guest, HOST, 0)
        made.screen = screen.sockets[0].getsockname()[1]
        yield made
        screen.close()
        for guest in made.guests:
            guest._transport.abort()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)


async def test_who_knows_the_password_sees_the_screen(world):
    answer = await world.ask(type="vnc")
    assert (answer["status"], answer["proxy_address"]) == ("OK", "proxy.example")
    assert 30000 <= answer["source_port"] <= 39999
    assert await looks(await calls(answer["source_port"]), "secret") == "snf-7"


async def test_the_first_generation_asks_without_a_user_over_a_unix_socket(world):
    answer = await world.ask(
        msgspec.json.encode({
            "source_port": 0, "destination_address": HOST, "destination_port": world.screen, "password": "secret",
        }),
        trusted=True,
    )  # fmt: skip
    assert (answer.keys(), answer["status"]) == ({"source_port", "status"}, "OK")
    assert await looks(await calls(answer["source_port"]), "secret") == "snf-7"


async def test_a_request_in_pieces_is_one(world):
    assert (await world.ask(pieces=7))["status"] == "OK"


async def test_who_does_not_know_the_password_sees_nothing_and_there_is_no_second_try(world):
    port = (await world.ask())["source_port"]
    assert "refused the password: The password is wrong." in await looks(await calls(port), "guess")
    await world.free()
    with pytest.raises(OSError):
        await calls(port)


async def test_a_port_is_for_one_viewer(world):
    port = (await world.ask())["source_port"]
    first = await calls(port)
    assert await looks(first, "secret") == "snf-7"
    with pytest.raises(OSError):
        await calls(port)


async def test_a_viewer_that_does_not_come_is_not_waited_for(world):
    port = (await world.ask(proxy=world.proxy(patience=0.05)))["source_port"]
    await world.free()
    with pytest.raises(OSError):
        await calls(port)


async def test_a_guest_that_goes_before_anybody_comes_takes_its_offer_along(world):
    port = (await world.ask())["source_port"]
    world.guests[0]._transport.abort()
    await world.free()
    with pytest.raises(OSError):
        await calls(port)


async def test_a_port_may_be_asked_for(world):
    port = spare_port()
    assert (await world.ask(source_port=port))["source_port"] == port
    again = await world.ask(source_port=port)
    assert (again["status"], f"port {port} cannot be used" in again["reason"]) == ("FAILED", True)


FAILURES = [
    ({"auth_password": "guess"}, "the user or the password is wrong"),
    ({"auth_user": "nobody"}, "the user or the password is wrong"),
    ({"auth_user": None}, "the user or the password is wrong"),
    ({"destination_port": 1}, "it cannot be reached: Connection refused"),
    ({"destination_address": "node.invalid"}, "its name is not known"),
    ({"type": "vnc-wss"}, "there is no certificate"),
    ({"type": "spice"}, "Invalid enum value 'spice'"),
    ({"password": ""}, "length >= 1"),
]


@pytest.mark.parametrize(("changes", "why"), FAILURES)
async def test_what_cannot_be_is_answered_with_the_reason_and_leaves_nothing(world, changes, why):
    answer = await world.ask(**changes)
    assert (answer["source_port"], answer["status"], answer.get("proxy_address")) == (0, "FAILED", None)
    assert why in answer["reason"]
    assert world.sessions.taken == 0


async def test_a_server_that_asks_for_a_password_is_said_so_before_anybody_calls(world):
    async with door() as guarded:
        asking = asyncio.ensure_future(world.ask(destination_port=guarded.port))
        far = await guarded.came()
        far.say(b"RFB 003.008\n\x01\x02")
        assert "it asks for a password" in (await asking)["reason"]


async def test_rubbish_is_answered_and_silence_is_not_waited_for(world, monkeypatch):
    assert (await world.ask(b"GET / HTTP/1.1\r\n\r\n"))["reason"] == "the request is not a JSON object"
    monkeypatch.setattr(authproxy, "ASKING", 0.05)
    assert (await world.ask(b'{"source_port": '))["reason"] == "the request did not arrive"


async def test_there_are_so_many_and_no_more(world):
    world.sessions = Sessions(1)
    assert (await world.ask())["status"] == "OK"
    assert (await world.ask())["reason"] == "as many consoles are open as there may be"


async def test_a_pool_without_a_free_port_is_said_so(world):
    port = spare_port()
    world.pool = Pool(low=port, high=port, address=HOST)
    assert (await world.ask())["status"] == "OK"
    assert f"no port from {port} to {port} is free" in (await world.ask())["reason"]


async def test_a_users_file_that_cannot_be_read_lets_nobody_in(world):
    answer = await world.ask(proxy=world.proxy(users=world.folder / "gone"))
    assert (answer["status"], answer["reason"]) == ("FAILED", "the proxy failed: FileNotFoundError")


async def through_websocket(world, port, **options):
    """What a browser sees."""
    scheme = "wss" if options else "ws"
    async with connect(
        f"{scheme}://{HOST}:{port}/", subprotocols=["binary"], proxy=None, compression=None, **options
    ) as one:
        steps = Handshake(to_server("secret"))
        steps.feed()
        while not steps.done:
            assert not steps.broken
            if out := steps.feed(await one.recv()):
                await one.send(out)
        await one.send(b"\x01")
        told = b""
        while len(told) < 25:
            told += await one.recv()
        return told[24:].decode()


async def test_browsers_come_by_websocket(world):
    port = (await world.ask(type="vnc-ws"))["source_port"]
    assert await through_websocket(world, port) == "snf-7"


async def test_and_over_tls_where_there_is_a_certificate(world):
    authority = Authority()
    chain = authority.certificate_for(HOST)
    for name in ("certificate", "key"):
        (world.folder / name).write_bytes(getattr(chain, name))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(world.folder / "certificate", world.folder / "key")
    world.pool = msgspec.structs.replace(world.pool, tls=tls)
    port = (await world.ask(type="vnc-wss"))["source_port"]
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    assert await through_websocket(world, port, ssl=trusting) == "snf-7"


async def test_no_password_is_logged(world):
    with capture_logs() as logs:
        await world.ask()
        await world.ask(auth_password="guess")
    assert len(logs) == 2
    assert not [word for word in ("secret", "hush", "guess") if word in str(logs)]
