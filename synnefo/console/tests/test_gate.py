"""Given servers whose screens are shown somewhere; a viewer with a ticket sees its own server's screen, and never another's."""

import asyncio
import datetime
import logging

import pytest
from django.db import connections
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed, InvalidStatus

from logic import clock
from logic.compute import consoles
from logic.compute.consoles import open_console
from logic.compute.models import Server
from logic.errors import Transient
from logic.identity.models import Token
from logic.identity.queries.tokens import authenticate
from logic.identity.testing import sign_in
from logic.testing.worlds import ALICE, BOB, running
from synnefo.console import gate as gates
from synnefo.console import making, reaching
from synnefo.console.rfb import Broken
from synnefo.console.sessions import OPEN
from synnefo.console.tests.conftest import ORIGIN, Node


async def refused(world, ticket, **options):
    """The status and the sentence."""
    with pytest.raises(InvalidStatus) as error:
        async with world.viewer(ticket, **options):
            pass
    return error.value.response.status_code, error.value.response.body.decode().strip()


async def seen(world, ticket, **options):
    async with asyncio.timeout(10), world.viewer(ticket, **options) as viewer:
        return await viewer.sees()


async def is_over(viewer):
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionClosed):
            while True:
                await viewer.socket.recv()


async def test_a_ticket_shows_its_servers_screen(world, server):
    world.node.start(server)
    assert await seen(world, open_console(world.of(), server.pk)) == server.instance


async def test_it_shows_it_once(world, server):
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    await seen(world, ticket)

    status, sentence = await refused(world, ticket)

    assert (status, sentence.startswith("This console ticket is unknown, used or too old.")) == (403, True)


async def test_after_half_a_minute_it_is_worth_nothing(world, server, monkeypatch):
    ticket = open_console(world.of(), server.pk)
    later = clock.now() + datetime.timedelta(seconds=31)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert (await refused(world, ticket))[0] == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("https://cloud.example.evil.example", 403),
        ("null", 403),
        ("https://cloud.example:8443", 403),
        ("http://CLOUD.example", 200),
        (None, 200),  # what is no browser
    ],
)
async def test_only_pages_of_this_cloud_open_consoles(world, server, origin, status):
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    if status == 200:
        assert await seen(world, ticket, origin=origin) == server.instance
    else:
        assert (await refused(world, ticket, origin=origin))[0] == status
        assert await seen(world, ticket) == server.instance, "a stranger's page uses no ticket up"


async def test_the_origin_is_the_public_one_where_there_is_one(world, server, settings):
    settings.PUBLIC_URL = "https://public.example"
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    assert (await refused(world, ticket, origin="http://public.example"))[0] == 403
    assert (await refused(world, ticket, origin=ORIGIN))[0] == 403
    assert await seen(world, ticket, origin="https://public.example") == server.instance


async def test_behind_a_proxy_that_is_trusted_its_host_counts(world, server, settings):
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    forwarded = {"origin": "https://front.example", "headers": {"X-Forwarded-Host": "front.example"}}
    assert (await refused(world, ticket, **forwarded))[0] == 403
    settings.TRUST_FORWARDED_HEADERS = True
    assert await seen(world, ticket, **forwarded) == server.instance


async def test_a_ticket_in_the_address_is_none(world, server):
    """Addresses are logged by proxies."""
    ticket = open_console(world.of(), server.pk)
    asked = {"path": f"/console/websocket?ticket={ticket}", "protocols": ["binary"]}
    assert (await refused(world, ticket, **asked))[0] == 401


async def test_elsewhere_there_is_no_websocket(world):
    assert (await refused(world, "x", path="/compute/v2.1"))[0] == 404


# The machine of A, and never that of B


async def test_a_port_that_another_has_by_now_is_not_shown(world, server):
    other = running(BOB, first_job=2)
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    world.node.end(server)
    world.node.start(other)

    assert "its cluster does not know it" in await seen(world, ticket)


async def test_a_name_that_another_has_by_now_is_not_shown(world, server):
    """After a restore, say: the cluster has an instance of this name, and it is somebody else's."""
    for changes in ({"owner": "another"}, {"instance_uuid": "another"}):
        world.node.start(server, **changes)
        assert "its machine is another one by now" in await seen(world, open_console(world.of(), server.pk))


async def test_a_port_that_passes_to_another_between_question_and_connection_is_not_shown(world, server):
    other = running(BOB, first_job=2)
    world.node.start(server)

    def pass_on():
        world.node.end(server)
        world.node.start(other)

    world.node.met = pass_on

    told = await seen(world, open_console(world.of(), server.pk))

    assert "its cluster does not know it" in told
    assert other.instance not in told


async def test_one_that_moves_meanwhile_is_not_shown_either(world, server):
    world.node.start(server, port=11000)
    world.node.met = lambda: world.node.start(server, port=11001)
    assert "it has just moved" in await seen(world, open_console(world.of(), server.pk))


# What goes wrong is told


async def test_a_guest_that_stops_ends_its_console(world, server):
    world.node.start(server)
    async with world.viewer(open_console(world.of(), server.pk)) as viewer:
        assert await viewer.sees() == server.instance
        world.node.end(server)
        await is_over(viewer)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"running": False}, "it is not running"),
        ({"port": 0, "reason": "its cluster shows no screens"}, "its cluster shows no screens"),
    ],
)
async def test_why_there_is_no_screen_is_said_on_it(world, server, changes, why):
    world.node.start(server, **changes)
    told = await seen(world, open_console(world.of(), server.pk))
    assert told == f"it refused: The screen cannot be shown: {why}."


async def test_a_cluster_that_is_away_is_told_without_its_words(world, server, monkeypatch):
    async def screen(_):
        raise Transient("https://10.0.0.1:5080 refused synnefo")

    monkeypatch.setattr(world.node, "screen", screen)
    told = await seen(world, open_console(world.of(), server.pk))
    assert told.endswith("its cluster does not answer now; try again later.")


async def test_the_password_of_screens_is_the_settings(monkeypatch, settings, furnished):
    connections["default"] = furnished
    settings.CONSOLE_VNC_PASSWORD = "screens"
    asked = []

    async def connected(_, password):
        asked.append(password)
        raise Broken("enough")

    monkeypatch.setattr(reaching, "connected", connected)
    made, node, server = making.gate(), Node(), running()
    node.start(server)
    made._reaching._find = node.find
    with pytest.raises(Broken, match="enough"):
        await made._reaching.server(consoles.admit(open_console(authenticate(sign_in(ALICE)), server.pk)))
    assert asked == ["screens"]


async def test_a_screen_that_does_not_answer_is_told(world, server):
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    world.node.met = world.node.showing.close
    assert "it cannot be reached" in await seen(world, ticket)


# Its right, and its end


def revoke():
    Token.objects.all().delete()


def delete():
    Server.objects.update(observed="gone")


@pytest.mark.parametrize("end", [revoke, delete])
async def test_a_console_ends_when_its_right_does(world, server, monkeypatch, end):
    monkeypatch.setattr(gates, "WATCH", 0.05)
    world.node.start(server)
    async with world.viewer(open_console(world.of(), server.pk)) as viewer:
        await viewer.sees()
        end()
        await is_over(viewer)


async def test_a_console_lives_on_while_the_database_is_away_for_a_while(world, server, monkeypatch):
    monkeypatch.setattr(gates, "WATCH", 0.02)
    away = asyncio.Event()

    def check(_):
        away.set()
        raise gates.DATABASE_AWAY[0]

    world.node.start(server)
    async with world.viewer(open_console(world.of(), server.pk)) as viewer:
        monkeypatch.setattr(consoles, "check", check)
        assert await viewer.sees() == server.instance
        await away.wait()
        await viewer.socket.ping()
        monkeypatch.setattr(gates, "BLIND", 0.0)
        await is_over(viewer)


async def test_a_console_whose_right_cannot_be_looked_at_is_ended(world, server, monkeypatch):
    monkeypatch.setattr(gates, "WATCH", 0.02)

    def check(_):
        raise RuntimeError

    world.node.start(server)
    async with world.viewer(open_console(world.of(), server.pk)) as viewer:
        assert await viewer.sees() == server.instance
        monkeypatch.setattr(consoles, "check", check)
        await is_over(viewer)


async def test_there_are_so_many_and_no_more_and_a_place_is_given_back(world, server):
    world.asked = (gate := world.gate(sessions=1)).asked
    world.node.start(server)
    caller, before = world.of(), OPEN._value.get()
    async with world.viewer(open_console(caller, server.pk)) as viewer:
        await viewer.sees()
        assert OPEN._value.get() == before + 1
        ticket = open_console(caller, server.pk)
        assert (await refused(world, ticket))[0] == 503
    async with asyncio.timeout(5):
        while gate.sessions.taken:  # noqa: ASYNC110 - a place rings no bell
            await asyncio.sleep(0)
    assert await seen(world, ticket) == server.instance, "a full house uses no ticket up"


async def test_a_place_is_given_back_whatever_goes_wrong(world, server):
    world.asked = (gate := world.gate()).asked
    world.node.start(server, running=False)
    await refused(world, "guessed")
    await refused(world, "guessed", origin="https://evil.example")
    await seen(world, open_console(world.of(), server.pk))
    async with asyncio.timeout(5):
        while gate.sessions.taken:  # noqa: ASYNC110 - a place rings no bell
            await asyncio.sleep(0)


async def test_a_database_that_is_away_is_said_so(world, monkeypatch):
    def admit(_):
        raise gates.DATABASE_AWAY[0]

    monkeypatch.setattr(consoles, "admit", admit)
    assert (await refused(world, "x"))[0] == 503


async def test_no_ticket_is_logged(world, server, caplog):
    world.node.start(server)
    ticket = open_console(world.of(), server.pk)
    with capture_logs() as logs, caplog.at_level(logging.DEBUG):
        await seen(world, ticket)
        await refused(world, ticket)
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.client")]
    assert [line["event"] for line in logs if line["event"] == "console.opened"]
    assert ticket not in str([logs, lines])
