"""Asking for a console in every way there is, and what is answered when there is none."""

import pytest

from logic.compute.consoles import admit
from logic.compute.models import ConsoleTicket, Server
from logic.testing.worlds import create, running
from synnefo.api.compute.requests.consoles import OLD
from synnefo.api.testing import HOST

VNC = {"remote_console": {"protocol": "vnc", "type": "novnc"}}


@pytest.fixture(autouse=True)
def novnc(tmp_path, settings):
    """As its package installs it."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "rfb.js").touch()
    settings.NOVNC_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def server(cloud):
    return running()


def ticket_of(url):
    address, _, ticket = url.partition("#")
    assert address == f"http://{HOST}/console/"
    return ticket


def test_a_remote_console_is_an_address_with_a_ticket_that_no_proxy_sees(alice, server):
    reply = alice(6).post(f"/servers/{server.pk}/remote-consoles", VNC)

    assert (reply.status, list(reply.json)) == (200, ["remote_console"])
    console = reply.json["remote_console"]
    assert (console.keys(), console["protocol"], console["type"]) == ({"protocol", "type", "url"}, "vnc", "novnc")
    assert admit(ticket_of(console["url"])).server == server.pk


def test_old_clients_ask_by_an_action(alice, server):
    reply = alice.post(f"/servers/{server.pk}/action", {"os-getVNCConsole": {"type": "novnc"}})

    assert (reply.status, list(reply.json)) == (200, ["console"])
    assert reply.json["console"]["type"] == "novnc"
    assert admit(ticket_of(reply.json["console"]["url"])).server == server.pk


def test_its_address_is_the_clouds_public_one(alice, server, settings):
    settings.PUBLIC_URL = "https://cloud.example.org"
    reply = alice(6).post(f"/servers/{server.pk}/remote-consoles", VNC)
    assert reply.json["remote_console"]["url"].startswith("https://cloud.example.org/console/#")


@pytest.mark.parametrize(
    ("protocol", "type"),
    [("vnc", "xvpvnc"), ("spice", "spice-html5"), ("rdp", "rdp-html5"), ("serial", "serial"), ("mks", "webmks")],
)
def test_types_that_nova_knows_and_we_have_not_are_unavailable(alice, server, protocol, type):
    wanted = {"remote_console": {"protocol": protocol, "type": type}}
    reply = alice(8).post(f"/servers/{server.pk}/remote-consoles", wanted)
    assert reply.status == 400
    assert reply.json["badRequest"]["message"] == f"Unavailable console type {type}. Use novnc."


@pytest.mark.parametrize(("name", "type"), [(name, type) for name, types in OLD.items() for type in types])
def test_so_they_are_by_their_old_actions(alice, server, name, type):
    reply = alice.post(f"/servers/{server.pk}/action", {name: {"type": type}})
    assert reply.status == (200 if type == "novnc" else 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        None,
        {"remote_console": {}},
        {"remote_console": {"protocol": "vnc"}},
        {"remote_console": {"protocol": "vnc", "type": "teletype"}},
        {"remote_console": {"protocol": "telnet", "type": "novnc"}},
        {"remote_console": {"protocol": "vnc", "type": "novnc", "more": 1}},
        {"remote_console": {"protocol": "mks", "type": "webmks"}},  # before 2.8
    ],
)
def test_a_console_that_nobody_knows_is_a_bad_request(alice, server, body):
    assert alice(6).post(f"/servers/{server.pk}/remote-consoles", body).status == 400
    assert not ConsoleTicket.objects.exists()


@pytest.mark.parametrize("value", [None, {}, {"type": 5}, {"type": "spice-html5"}, "novnc", {"type": "novnc", "x": 1}])
def test_so_is_one_asked_for_by_an_action(alice, server, value):
    reply = alice.post(f"/servers/{server.pk}/action", {"os-getVNCConsole": value})
    assert (reply.status, 'needs {"type": "novnc"}' in reply.json["badRequest"]["message"]) == (400, True)


def asked(nova, id, what):
    if what == "log":
        return nova.post(f"/servers/{id}/action", {"os-getConsoleOutput": {}})
    kind = {"novnc": VNC, "serial": {"remote_console": {"protocol": "serial", "type": "serial"}}}[what]
    return nova(6).post(f"/servers/{id}/remote-consoles", kind)


@pytest.mark.parametrize("what", ["novnc", "serial"])
def test_a_server_that_does_not_run_is_a_conflict(alice, cloud, what):
    building = create().pk
    reply = asked(alice, building, what)
    assert (reply.status, "while it is building" in reply.json["conflictingRequest"]["message"]) == (409, True)
    Server.objects.filter(pk=building).update(observed="stopped", command="", verb="")
    assert "while it is stopped. Start it" in asked(alice, building, what).json["conflictingRequest"]["message"]


@pytest.mark.parametrize("what", ["novnc", "serial", "log"])
def test_another_tenants_server_is_as_unknown_as_one_that_never_was(bob, server, what):
    other, none = asked(bob, server.pk, what), asked(bob, "0" * 36, what)
    assert other.status == none.status == 404
    assert other.body == none.body.replace(b"0" * 36, server.pk.encode())
    assert not ConsoleTicket.objects.exists()


@pytest.mark.parametrize("what", ["novnc", "serial", "log"])
def test_a_deleted_servers_console_is_not_found(alice, server, what):
    Server.objects.filter(pk=server.pk).update(observed="gone")
    assert asked(alice, server.pk, what).status == 404


def test_who_may_only_read_opens_none(reader, server):
    assert asked(reader, server.pk, "novnc").status == 403


def test_an_administrator_opens_any(admin, server):
    assert asked(admin, server.pk, "novnc").status == 200


def test_without_novnc_on_the_node_there_is_no_address_of_a_page_that_shows_nothing(alice, server, novnc):
    (novnc / "core" / "rfb.js").unlink()
    reply = asked(alice, server.pk, "novnc")
    assert (reply.status, "noVNC is not installed" in reply.json["badRequest"]["message"]) == (400, True)
