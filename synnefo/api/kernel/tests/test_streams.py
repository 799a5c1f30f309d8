"""Long bodies, in and out, through the ASGI application."""

import asyncio

import pytest

from logic.errors import Unavailable
from logic.testing.worlds import ALICE
from synnefo import asgi
from synnefo.api.kernel import bodies, handling, running, sending
from synnefo.api.kernel.tests import toys

pytestmark = pytest.mark.urls("synnefo.api.kernel.tests.toys")


@pytest.fixture(autouse=True)
def nothing_made():
    toys.made.clear()


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bodies, "PIECE", 4)


def test_a_long_body_is_taken_in_pieces_however_it_is_cut(api, settings, small_pieces):
    settings.MAX_BODY_BYTES = 3
    reply = api.of(ALICE).put("/glance/things/1", body=[b"ab", b"cdef", b"", b"g"])
    assert (reply.status, toys.made) == (201, ["abcdef", "g"])


def test_nothing_is_read_of_who_may_not(api):
    assert api.put("/glance/things/1", body=[b"ab"], token="nonsense").status == 401
    assert toys.made == []


def test_what_is_refused_in_the_middle_is_answered_in_the_dialect_and_the_taker_knows(api, small_pieces):
    reply = api.of(ALICE).put("/glance/things/1", body=[b"abcd", b"noyes", b"more"])
    assert (reply.status, toys.made) == (409, ["abcd", "noyes", "Conflict"])
    assert b"<h1>409 Conflict</h1>" in reply.body


def test_other_methods_of_the_address_are_as_they_were(api):
    assert api.of(ALICE).delete("/glance/things/1", body=b"x").status == 204


async def asked(method: str, path: str, receive) -> list[dict]:
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"x-auth-token", b"token"), (b"host", b"cloud.example")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
    await asgi.application(scope, receive, send)
    return sent


@pytest.fixture
def believed(api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(handling, "authenticate", lambda *_: ALICE)


async def test_who_hangs_up_in_the_middle_is_answered_nothing_and_the_taker_knows(believed, small_pieces):
    waiting = [{"type": "http.request", "body": b"abcd", "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return waiting.pop(0)

    assert await asked("PUT", "/glance/things/1", receive) == []
    assert toys.made == ["abcd", "HungUp"]


async def test_who_dawdles_is_told_so_and_the_taker_knows(believed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bodies, "READ_TIMEOUT", 0.01)
    sent = await asked("PUT", "/glance/things/1", asyncio.Event().wait)
    assert sent[0]["status"] == 408
    assert toys.made == ["TooSlow"]


def test_a_long_reply_is_sent_in_pieces(api):
    reply = api.get("/glance/long")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"abcdef", "6")
    assert reply.headers["x-openstack-request-id"]
    head = api.request("HEAD", "/glance/long")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "6")


def test_no_more_bodies_come_at_once_than_are_allowed_and_each_ends(api, settings):
    settings.IMAGE_TRANSFERS = 1
    alice = api.of(ALICE)
    for _ in range(2):
        assert alice.put("/glance/things/1", body=[b"ab"]).status == 201
    with running.room_to_come():
        assert alice.put("/glance/things/1", body=[b"ab"]).status == 503
    assert toys.made == ["ab", "ab"]


def test_no_more_are_sent_at_once_than_are_allowed_and_each_ends(api, settings):
    settings.IMAGE_TRANSFERS = 1
    for _ in range(2):
        assert api.get("/glance/long").status == 200
    running.begin_to_send("")
    assert api.get("/glance/long").status == 503
    running.sent("")


def test_projects_leave_each_other_room_and_all_of_them_leave_it_to_the_nodes(settings):
    settings.IMAGE_TRANSFERS = 8
    taken = []

    def fits(project: str) -> bool:
        try:
            running.begin_to_send(project)
        except Unavailable:
            return False
        taken.append(project)
        return True

    assert [fits("a") for _ in range(3)] == [True, True, False]
    assert [fits(one) for one in "bbccdd"] == [True, True, True, True, False, False]
    assert [fits("") for _ in range(3)] == [True, True, False]
    for one in taken:
        running.sent(one)
    assert fits("a")
    running.sent("a")


async def test_a_client_that_takes_nothing_is_left(api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "PATIENCE", 0.01)
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    scope = {"type": "http", "method": "GET", "path": "/glance/long", "headers": [], "query_string": b""}
    await asgi.application(scope, receive, send)
    assert sent == ["http.response.start", "http.response.body"]
    assert not running._going
