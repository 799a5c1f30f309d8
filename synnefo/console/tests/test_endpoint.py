"""The API process itself, by uvicorn: the same port answers HTTP and becomes a console's WebSocket."""

import asyncio
import contextlib
import http.client
import socket

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from synnefo import serving
from synnefo.console import endpoint
from synnefo.console.relay import Relay
from synnefo.console.tests.desk import calls, door


async def application(_, receive, send):
    """What else the process answers."""
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def behind():
    async with door() as theirs:
        yield theirs


@pytest.fixture
async def server(behind, monkeypatch):
    """As ``python -m synnefo.serving`` sets it up, with a gate that lets everybody in."""

    async def let_in(socket):
        ahead = await calls(behind.port)
        if socket.accept():
            Relay(socket, ahead.transport, idle=60, ended=lambda *_: None)

    tasks = []
    endpoint.install(lambda socket, _: tasks.append(asyncio.ensure_future(let_in(socket))))
    config = serving.config("127.0.0.1", 0, 1, application=application)
    config.callback_notify, config.log_config = None, None
    config.configure_logging = lambda: None
    made = uvicorn.Server(config)
    bound = socket.create_server(("127.0.0.1", 0))
    made.where = bound.getsockname()[1]
    with monkeypatch.context() as patched:
        patched.setattr(made, "capture_signals", contextlib.nullcontext)
        serving_it = asyncio.ensure_future(made.serve(sockets=[bound]))
        while not made.started:  # noqa: ASYNC110 - uvicorn rings no bell
            await asyncio.sleep(0.01)
        yield made
        made.should_exit = True
        await serving_it
    endpoint.install(None)


def viewer(server):
    return connect(f"ws://127.0.0.1:{server.where}/console/websocket", subprotocols=["binary"], proxy=None)


async def test_one_port_answers_both(server, behind):
    async with viewer(server) as one:
        far = await behind.came()
        far.say(b"picture")
        assert await one.recv() == b"picture"
        asked = http.client.HTTPConnection("127.0.0.1", server.where, timeout=5)

        def get():
            asked.request("GET", "/health")
            return asked.getresponse().status

        assert await asyncio.get_running_loop().run_in_executor(None, get) == 204
        asked.close()
        await one.send(b"key")
        await far.hears(b"key")


async def test_when_the_process_ends_its_consoles_are_told_and_do_not_keep_it(server, behind):
    async with viewer(server) as one:
        far = await behind.came()
        server.should_exit = True
        with pytest.raises(ConnectionClosed) as error:
            await one.recv()
        assert error.value.rcvd.code == 1001
        await far.is_lost()
    async with asyncio.timeout(5):
        while server.server_state.connections:  # noqa: ASYNC110 - uvicorn rings no bell
            await asyncio.sleep(0.01)


async def test_what_was_sent_wrongly_is_refused_by_http(server):
    with pytest.raises(InvalidStatus) as error:
        await connect(f"ws://127.0.0.1:{server.where}/", additional_headers={"Sec-WebSocket-Version": "12"}, proxy=None)
    assert error.value.response.status_code == 400
