"""The listener of programs that are no web servers."""

import asyncio

import pytest
import uvloop

from logic import listener
from logic.listener import Page, health, listening, metrics


async def said(_within):
    return Page(200, "text/plain", b"hello")


async def broken(_within):
    raise ValueError("a page that fails")


async def exchange(port, request):
    """All that is answered until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


async def get(port, path, method="GET"):
    return await exchange(port, f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


@pytest.fixture
async def port():
    async with listening("127.0.0.1", 0, {"/page": said, "/broken": broken}) as port:
        yield port


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("4", 4.0), ("0.5", 0.5), ("1000", 10.0), ("0", 10.0), ("nan", 10.0), ("soon", 10.0), (None, 10.0)],
)
async def test_a_page_is_told_how_long_the_asker_waits(told, seconds):
    async def waits(within):
        return Page(200, "text/plain", repr(within).encode())

    header = f"x-prometheus-scrape-timeout-seconds: {told}\r\n" if told else ""
    async with listening("127.0.0.1", 0, {"/page": waits}) as port:
        answer = await exchange(port, f"GET /page HTTP/1.1\r\nHost: x\r\n{header}\r\n".encode())
    assert answer.endswith(f"\r\n\r\n{seconds!r}".encode())


@pytest.mark.parametrize("path", ["/page", "/page/", "/page?a=b"])
async def test_a_page_is_answered_and_the_connection_closed(port, path):
    answer = await get(port, path)

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 5" in head
    assert b"Connection: close" in head
    assert body == b"hello"


async def test_head_has_no_body(port):
    answer = await get(port, "/page", method="HEAD")
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 5" in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/../etc/passwd", 404), ("POST", "/page", 405), ("GET", "/broken", 500)],
)
async def test_anything_else_is_refused(port, method, path, status):
    answer = await get(port, path, method=method)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"a page that fails" not in answer


@pytest.mark.parametrize("request_", [b"\r\n\r\n", b"\xff\xfe \x00\r\n\r\n", b"GET\r\n\r\n"])
async def test_rubbish_is_answered_as_any_unknown_path(port, request_):
    assert b"404" in await exchange(port, request_)


async def test_a_request_without_end_is_not_read_to_its_end(port):
    assert await exchange(port, b"GET /page HTTP/1.1\r\n" + b"X: y\r\n" * 5000) == b""


async def test_who_connects_and_says_nothing_is_hung_up_on(port, monkeypatch):
    monkeypatch.setattr(listener, "PATIENCE", 0.01)
    assert await exchange(port, b"GET /page") == b""


async def test_many_idle_connections_do_not_pile_up(port, monkeypatch):
    monkeypatch.setattr(listener, "AT_ONCE", 2)
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    assert await exchange(port, b"") == b""
    for _, writer in idle:
        writer.close()
    for reader, _ in idle:
        assert await asyncio.wait_for(reader.read(), 20) == b""
    assert (await get(port, "/page")).endswith(b"hello")


async def test_a_program_that_ends_while_it_answers_logs_no_error():
    told, asked = [], asyncio.Event()

    async def endless(_within):
        asked.set()
        await asyncio.Event().wait()

    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    async with listening("127.0.0.1", 0, {"/page": endless}) as port:
        asking = asyncio.create_task(get(port, "/page"))
        await asked.wait()
        serving = [task for task in asyncio.all_tasks() if task.get_coro().__name__ == "serve"]
        for task in serving:  # as asyncio.run does at the end
            task.cancel()
        assert await asking == b""
    assert (len(serving), told) == (1, [])


async def test_a_port_that_is_taken_is_told(port):
    with pytest.raises(OSError, match="in use"):
        async with listening("127.0.0.1", port, {}):
            pass


def test_health_is_the_conjunction_of_its_facts():
    assert health(database=True, broker=True)[:2] == (200, "application/json")
    unwell = health(database=True, broker=False)
    assert unwell.status == 503
    assert unwell.body == b'{"status":"unavailable","database":true,"broker":false}'


def test_metrics_are_those_of_the_process():
    assert b"python_info" in metrics().body


def test_a_page_that_is_ready_after_the_end_is_no_error():
    errors = []

    async def program():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
        asked, ended, made = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def late(_within):
            asked.set()
            await ended.wait()
            made.set()
            return Page(200, "text/plain", b"late")

        async with listening("127.0.0.1", 0, {"/late": late}) as port:
            asking = asyncio.create_task(get(port, "/late"))
            await asked.wait()
        # Given that the program has hung up on its askers
        await asyncio.sleep(0)
        ended.set()
        await made.wait()
        assert await asking == b""

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(program())
    assert errors == []
