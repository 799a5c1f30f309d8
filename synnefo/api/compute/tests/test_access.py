"""Who may do what: each route names its role, and other tenants' things are as unknown as none at all."""

import re

from logic.compute.models import Server
from logic.ledger.models import Command, Journal
from logic.testing.worlds import create, running
from synnefo.api.compute.gates import Gate
from synnefo.api.compute.tests.conftest import Nova
from synnefo.api.compute.urls import API
from synnefo.api.compute.versions import MAXIMUM

VIEWS = [
    (pattern.callback.endpoint.route, method, gate)
    for pattern in API
    if pattern.callback.endpoint.route != "?"  # what Nova has forgotten is told to everybody
    for method, gate in pattern.callback.endpoint.views.items()
]
UNKNOWN = "cccccccc-0000-4000-8000-00000000000c"


def path_of(route: str, server: str = UNKNOWN) -> str:
    return "/" + re.sub(r"<\w+>", "x", route.replace("<server_id>", server))


def ask(nova, case, server: str = UNKNOWN, body=None):
    """In a version that has the route."""
    route, method, gate = case
    minor = gate.since if gate.until == MAXIMUM[1] else gate.until
    return nova(minor).request(method, path_of(route, server), json={} if body is None else body)


def name(case):
    return f"{case[1]} {case[0]}"


def test_every_view_stands_behind_a_gate():
    assert [name(case) for case in VIEWS if not isinstance(case[2], Gate)] == []


def test_what_changes_something_needs_more_than_a_reader():
    assert [name(case) for case in VIEWS if case[1] != "GET" and case[2].role == "reader"] == []


def test_a_reader_is_refused_in_novas_words_before_anything_is_looked_up(reader):
    cases = [case for case in VIEWS if case[2].role != "reader"]
    replies = {name(case): ask(reader, case) for case in cases}
    assert {key: (reply.status, *reply.json) for key, reply in replies.items()} == dict.fromkeys(
        replies, (403, "forbidden")
    )
    for case in cases:
        assert case[2].role in replies[name(case)].json["forbidden"]["message"]


def test_a_member_is_refused_what_is_for_admins(alice):
    found = {name(case): ask(alice, case).status for case in VIEWS if case[2].role == "admin"}
    assert found == dict.fromkeys(found, 403)
    assert len(found) > 10


def test_without_a_token_nothing_is_told(api, cloud):
    nova = Nova(api)
    found = {name(case): ask(nova, case) for case in VIEWS}
    assert {key: reply.status for key, reply in found.items()} == dict.fromkeys(found, 401)
    assert all(reply.headers["www-authenticate"].startswith("Keystone") for reply in found.values())


BODIES = {
    "servers/<server_id>": {"server": {"name": "x"}},
    "servers/<server_id>/action": {"os-stop": None},
    "servers/<server_id>/metadata": {"metadata": {"x": "y"}},
    "servers/<server_id>/metadata/<key>": {"meta": {"x": "y"}},
    "servers/<server_id>/os-interface": {"interfaceAttachment": {}},
    "servers/<server_id>/tags": {"tags": []},
    "servers/<server_id>/remote-consoles": {"remote_console": {"protocol": "vnc", "type": "novnc"}},
}


OF_SERVERS = [case for case in VIEWS if "<server_id>" in case[0]]


def test_another_tenants_server_answers_as_one_that_never_was(alice, bob):
    id = running().pk
    before = [Command.objects.count(), Journal.objects.count(), Server.objects.values().get()]
    for case in OF_SERVERS:
        other, none = (ask(bob, case, one, BODIES.get(case[0])) for one in (id, UNKNOWN))
        assert (name(case), other.status, none.status) == (name(case), 404, 404)
        assert other.body == none.body.replace(UNKNOWN.encode(), id.encode())
    assert before == [Command.objects.count(), Journal.objects.count(), Server.objects.values().get()]


def test_an_admin_sees_the_servers_of_all(admin):
    id = create().pk
    whole = [case for case in OF_SERVERS if case[1] == "GET" and case[0].count("<") == 1]
    found = {name(case): ask(admin, case, id).status for case in whole}
    assert found == dict.fromkeys(found, 200)


def test_an_unknown_method_is_refused_in_novas_words(alice):
    reply = alice.request("PATCH", "/servers")
    assert (reply.status, list(reply.json), reply.headers["allow"]) == (405, ["badMethod"], "GET, POST")
