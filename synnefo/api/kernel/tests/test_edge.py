"""The ASGI application itself: bodies without end, clients that leave, clients that dawdle."""

import asyncio

import msgspec
import pytest
from django.http import BadHeaderError

from synnefo import asgi
from synnefo.api.kernel import bodies, edge, sending

SCOPE = {"type": "http", "method": "POST", "path": "/identity/v3/auth/tokens", "headers": [], "query_string": b""}


async def answers(receive) -> list[dict]:
    sent = []

    async def send(message):
        sent.append(message)

    await asgi.application(SCOPE, receive, send)
    return sent


async def test_an_endless_body_is_read_to_a_bound_and_no_further(settings, monkeypatch: pytest.MonkeyPatch):
    settings.MAX_BODY_BYTES = 4096
    monkeypatch.setattr(bodies, "DRAINED", 2048)
    pieces = 0

    async def receive():
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"x" * 1024, "more_body": True}

    sent = await answers(receive)
    assert sent[0]["status"] == 413
    assert pieces == 7


async def test_a_body_somewhat_too_large_is_taken_before_it_is_refused(settings):
    """Many clients read no answer before they have sent all, and would see the connection reset."""
    settings.MAX_BODY_BYTES = 4096
    pieces = [b"x" * 1024] * 100

    async def receive():
        return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

    sent = await answers(receive)
    assert (sent[0]["status"], pieces) == (413, [])


async def test_a_client_that_leaves_before_its_body_is_complete_gets_no_answer():
    async def receive():
        return {"type": "http.disconnect"}

    assert await answers(receive) == []


async def test_a_client_that_dawdles_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bodies, "READ_TIMEOUT", 0.01)
    sent = await answers(asyncio.Event().wait)
    assert sent[0]["status"] == 408
    error = msgspec.json.decode(sent[1]["body"])["error"]
    assert (error["code"], error["message"]) == (
        408,
        "The request body did not arrive within 0.01 seconds. Send it again.",
    )


@pytest.mark.parametrize("by_us", [True, False])
async def test_a_request_half_sent_when_the_process_stops_is_answered_and_no_exception(by_us):
    """Whether the embedded cloud stops reading, or uvicorn cancels what is left when its time to stop is over."""
    began = asyncio.Event()

    async def receive():
        began.set()
        await asyncio.Event().wait()

    answering = asyncio.create_task(answers(receive))
    await began.wait()
    bodies.stop() if by_us else answering.cancel()
    sent = await answering
    assert sent[0]["status"] == 503
    assert b"stopping" in sent[1]["body"]


@pytest.mark.urls("synnefo.api.kernel.tests.toys")
async def test_any_bytes_behind_the_question_mark_are_answered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SCOPE, "query_string", b"\xff\xfe=\x80")

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    assert (await answers(receive))[0]["status"] == 404


@pytest.mark.urls("synnefo.api.kernel.tests.toys")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nobody_waits_for_the_body_of_a_question(method: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SCOPE, "method", method)
    assert (await answers(asyncio.Event().wait))[0]["status"] == 404


@pytest.mark.urls("synnefo.api.kernel.tests.toys")
async def test_a_question_that_says_it_has_a_body_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SCOPE, "method", "GET")
    monkeypatch.setitem(SCOPE, "headers", [(b"transfer-encoding", b"chunked")])
    pieces = [b"x", b"x"]

    async def receive():
        return {"type": "http.request", "body": pieces.pop(), "more_body": bool(pieces)}

    assert (await answers(receive))[0]["status"] == 404
    assert pieces == []


@pytest.mark.urls("synnefo.api.kernel.tests.toys")
@pytest.mark.parametrize(("length", "remembered"), [(edge.SHORT, 1), (edge.SHORT + 1, 0)])
async def test_long_addresses_are_not_remembered(length: int, remembered: int, monkeypatch: pytest.MonkeyPatch):
    edge._remembered.cache_clear()
    monkeypatch.setitem(SCOPE, "method", "GET")
    monkeypatch.setitem(SCOPE, "path", "/nova/" + "x" * (length - len("/nova/")))
    for _ in range(2):
        assert (await answers(asyncio.Event().wait))[0]["status"] == 404
    assert edge._remembered.cache_info().currsize == remembered


async def test_what_a_header_says_begins_no_other():
    async def send(message):
        raise AssertionError(message)

    with pytest.raises(BadHeaderError):
        await sending.send_whole(sending.Reply(status=200, headers={"Location": "/a\r\nSet-Cookie: b"}), send)


async def test_a_header_that_is_not_latin_is_encoded():
    sent = []

    async def send(message):
        sent.append(message)

    await sending.send_whole(sending.Reply(status=200, headers={"Location": "/δ", "Vary": "é"}), send)
    assert sent[0]["headers"] == [(b"Location", b"=?utf-8?b?L860?="), (b"Vary", b"\xe9")]
