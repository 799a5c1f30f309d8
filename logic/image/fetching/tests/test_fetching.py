"""Whom a tenant may have the cloud ask, and what becomes of answers."""

import asyncio
import contextlib
import functools
import ipaddress
import itertools
import socket

import pytest

from logic import clock
from logic.errors import BadRequest
from logic.image.fetching import addresses, asking, pacing
from logic.offload import Inline, Threads

PUBLIC, OTHER = "93.184.216.34", "93.184.216.35"


class Net:
    """Names and what answers behind their addresses; whoever was connected to is remembered."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.open: list[socket.socket] = []

    def getaddrinfo(self, host, port, **_):
        found = self.names.get(host, [host])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    def create_connection(self, address, timeout):
        self.asked.append(address[0])
        ours, theirs = socket.socketpair()
        theirs.sendall(self.answers[address[0]])
        theirs.shutdown(socket.SHUT_WR)
        self.open.append(theirs)
        ours.settimeout(timeout)
        return ours


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch):
    made = Net()
    made.names = {"images.example": [PUBLIC], "other.example": [OTHER], "inside.example": ["10.0.0.1"]}
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", made.create_connection)
    yield made
    for one in made.open:
        one.close()


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *lines, "", ""]).encode() + body


async def fetched(uri: str) -> bytes:
    return b"".join([piece async for piece in asking.pieces(uri, Inline())])


async def test_what_a_web_server_has_is_fetched(net):
    net.answers[PUBLIC] = answer(b"abcdef", **{"Content-Length": "6"})
    assert await fetched("http://images.example/a?b=c") == b"abcdef"
    asked = net.open[0].recv(4096)
    assert asked.startswith(b"GET /a?b=c HTTP/1.1\r\nHost: images.example\r\n")


async def test_pieces_without_a_length_are_fetched_to_the_end(net):
    net.answers[PUBLIC] = answer(b"3\r\nabc\r\n0\r\n\r\n", **{"Transfer-Encoding": "chunked"})
    assert await fetched("http://images.example/a") == b"abc"


@pytest.mark.parametrize(
    "told",
    [
        answer(b"abc", **{"Content-Length": "6"}),
        answer(b"6\r\nabc", **{"Transfer-Encoding": "chunked"}),
        answer(b"gone", "404 Not Found"),
        answer(b"", "302 Found"),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_what_breaks_off_or_is_no_image_is_refused(net, told):
    net.answers[PUBLIC] = told
    with pytest.raises(BadRequest):
        await fetched("http://images.example/a")


async def test_a_redirection_is_followed_and_looked_at_like_the_first_address(net):
    """OSSA-2026-004."""
    net.answers[PUBLIC] = answer(b"", "302 Found", Location="http://other.example/b")
    net.answers[OTHER] = answer(b"abc")
    assert await fetched("http://images.example/a") == b"abc"
    for inside in ("http://inside.example/", "http://127.0.0.1/", "file:///etc/passwd", "http://other.example:8774/"):
        net.asked.clear()
        net.answers[PUBLIC] = answer(b"", "307 Temporary Redirect", Location=inside)
        with pytest.raises(BadRequest):
            await fetched("http://images.example/a")
        assert net.asked == [PUBLIC]


async def test_redirections_end(net):
    net.answers[PUBLIC] = answer(b"", "302 Found", Location="/a")
    with pytest.raises(BadRequest, match="redirects more"):
        await fetched("http://images.example/a")


@pytest.mark.parametrize("inside", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC]])
async def test_a_name_that_leads_inside_is_not_asked(net, inside):
    net.names["images.example"] = inside
    with pytest.raises(BadRequest, match="may not be asked"):
        await fetched("http://images.example/a")
    assert net.asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(net, monkeypatch: pytest.MonkeyPatch):
    """A name that leads elsewhere a moment later leads nobody there."""
    turns = [[PUBLIC], ["127.0.0.1"]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, port, **__: [(2, 1, 6, "", (turns.pop(0)[0], port))])
    net.answers[PUBLIC] = answer(b"abc")
    assert await fetched("http://images.example/a") == b"abc"
    assert (net.asked, len(turns)) == ([PUBLIC], 1)


async def test_a_server_that_drips_is_given_up_however_often_it_drips(net, monkeypatch: pytest.MonkeyPatch):
    net.answers[PUBLIC] = answer(bytes(8192))
    monkeypatch.setattr(clock, "monotonic", functools.partial(next, itertools.count(0.0, asking.PATIENCE - 1)))
    with pytest.raises(BadRequest, match="too slow"):
        await fetched("http://images.example/a")


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([(2**20, pacing.WINDOW - 1)], ""),
        ([(0, pacing.WINDOW)], "it brought 0.0 KiB a second in the last 60 seconds, and 64 are asked for"),
        ([(2**30, 3600.0)], ""),
        ([(2**20, 3600.0)], "too slow"),
        ([(2**30, 3600.0)] * 7, "not done after 6 hours"),
        ([(2**30, 1.0), *[(2**19, 7.0)] * 100], ""),
        ([(2**40, 1.0), *[(2**19, 9.0)] * 8], "56.9 KiB a second in the last 63 seconds"),
    ],
)
def test_an_import_is_bounded_in_time_and_comes_fast_enough_in_each_minute_whatever_came_before(pieces, told):
    pace = pacing.Pace()
    with pytest.raises(BadRequest, match=told) if told else contextlib.nullcontext():
        for size, seconds in pieces:
            pace.judge(size, seconds)


async def test_nobody_goes_on_waiting_for_an_answer_that_is_given_up(net, monkeypatch: pytest.MonkeyPatch):
    ours, theirs = socket.socketpair()
    ours.settimeout(asking.SILENCE)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: ours)
    monkeypatch.setattr(asking, "PATIENCE", 0.01)
    offload = Threads(callers=1)
    async with asyncio.timeout(asking.SILENCE / 3):
        with pytest.raises(BadRequest, match="too slow"):
            _ = [one async for one in asking.pieces("http://images.example/a", offload)]
        assert await offload.call(int) == 0  # the one thread that there is
    offload.close()
    theirs.close()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "::127.0.0.1", "2001:db8::1"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address):
    assert not addresses.may_be_asked(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1::1", f"::ffff:{PUBLIC}"])
def test_public_addresses_are_asked(address):
    assert addresses.may_be_asked(ipaddress.ip_address(address))


def test_a_site_may_allow_a_network_of_its_own_and_no_other(settings):
    settings.IMPORT_NETWORKS = ["10.1.0.0/16"]
    assert addresses.may_be_asked(ipaddress.ip_address("10.1.2.3"))
    assert not addresses.may_be_asked(ipaddress.ip_address("10.2.2.3"))
