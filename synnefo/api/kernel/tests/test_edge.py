"""The ASGI application itself: bodies without end, clients that leave, clients that dawdle."""

import asyncio

import pytest

from synnefo import asgi

SCOPE = {"type": "http", "method": "POST", "path": "/identity/v3/auth/tokens", "headers": [], "query_string": b""}


async def answers(receive) -> list[dict]:
    sent = []

    async def send(message):
        sent.append(message)

    await asgi.application(SCOPE, receive, send)
    return sent


async def test_an_endless_body_is_read_to_the_limit_and_no_further(settings):
    settings.MAX_BODY_BYTES = 4096
    pieces = 0

    async def receive():
        nonlocal pieces
        pieces += 1
        return {"type": "http.request", "body": b"x" * 1024, "more_body": True}

    sent = await answers(receive)
    assert sent[0]["status"] == 413
    assert pieces == 5


async def test_a_client_that_leaves_before_its_body_is_complete_gets_no_answer():
    async def receive():
        return {"type": "http.disconnect"}

    assert await answers(receive) == []


async def test_a_client_that_dawdles_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(asgi, "READ_TIMEOUT", 0.01)
    sent = await answers(asyncio.Event().wait)
    assert sent[0]["status"] == 408


@pytest.mark.urls("synnefo.api.kernel.tests.toys")
async def test_any_bytes_behind_the_question_mark_are_answered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(SCOPE, "query_string", b"\xff\xfe=\x80")

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    assert (await answers(receive))[0]["status"] == 404
