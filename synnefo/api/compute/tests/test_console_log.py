"""What a server's guest has said on its serial console: who is told, how much, and what is answered when nobody can tell."""

import asyncio

import pytest
import structlog

from logic.backends.base import Whose
from logic.compute.models import Server
from logic.errors import Gone, Rejected, Transient
from logic.testing.worlds import create, running
from synnefo.console import logs
from synnefo.console.logs import Logs


class Cluster:
    """A backend that keeps what its guests say: ``said`` by instance, or what it raises. ``asked`` has how it was asked."""

    kind = "ganeti"

    def __init__(self):
        self.said, self.asked = {}, []

    async def find(self, name):
        assert name == "c1"
        return self

    async def console_log(self, whose, lines):
        self.asked.append((whose, lines))
        told = self.said.get(whose.instance)
        if isinstance(told, Exception):
            raise told
        return told


@pytest.fixture
def cluster(cloud):
    made = Cluster()
    logs.install(Logs(made.find))
    yield made
    logs.install(None)


@pytest.fixture
def server(cluster):
    made = running()
    cluster.said[made.instance] = "Linux version 6.1\nlogin: "
    return made


def ask(nova, id, value=None):
    return nova.post(f"/servers/{id}/action", {"os-getConsoleOutput": {} if value is None else value})


def test_it_is_told_with_all_that_is_kept(alice, server, cluster):
    reply = ask(alice, server.pk)

    assert (reply.status, reply.json) == (200, {"output": "Linux version 6.1\nlogin: "})
    whose = Whose(server=server.pk, instance=server.instance, instance_uuid=Server.objects.get().backend_uuid)
    assert cluster.asked == [(whose, -1)]
    assert whose.instance_uuid


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ({"length": None}, -1), ({"length": -1}, -1), ({"length": "-1"}, -1), ({"length": 0}, 0), ({"length": 10}, 10),
        ({"length": "10"}, 10), ({"length": 2**31 - 1}, 2**31 - 1),
    ],
)  # fmt: skip
def test_lines_are_counted_from_the_end(alice, server, cluster, value, lines):
    assert ask(alice, server.pk, value).status == 200
    assert [asked for _, asked in cluster.asked] == [lines]


def test_nothing_at_all_means_all_of_it(alice, server, cluster):
    assert alice.post(f"/servers/{server.pk}/action", {"os-getConsoleOutput": None}).status == 200
    assert [asked for _, asked in cluster.asked] == [-1]


@pytest.mark.parametrize(
    "value",
    [
        5,
        "10",
        [],
        {"length": "many"},
        {"length": -2},
        {"length": 1.5},
        {"length": True},
        {"length": 2**31},
        {"lines": 3},
    ],
)
def test_a_log_of_no_length_is_a_bad_request(alice, server, cluster, value):
    assert ask(alice, server.pk, value).status == 400
    assert cluster.asked == []


@pytest.mark.parametrize("observed", ["stopped", "crashed"])
def test_a_guest_that_has_ended_has_said_why(alice, server, observed):
    Server.objects.update(observed=observed)
    assert ask(alice, server.pk).status == 200


@pytest.mark.parametrize("columns", [{"observed": "none"}, {"observed": "removed"}, {"mode": "imported"}])
def test_one_that_has_none_or_is_not_ours_yet_is_a_conflict(alice, server, cluster, columns):
    Server.objects.update(**columns)
    reply = ask(alice, server.pk)
    assert (reply.status, "Cannot read the log of server" in reply.json["conflictingRequest"]["message"]) == (409, True)
    assert cluster.asked == []


def test_one_that_is_on_no_cluster_yet_is_a_conflict(alice, cluster):
    reply = ask(alice, create().pk)
    assert (reply.status, "while it is building" in reply.json["conflictingRequest"]["message"]) == (409, True)


def test_another_tenants_is_as_unknown_as_one_that_never_was(bob, server, cluster):
    other, none = ask(bob, server.pk), ask(bob, "0" * 36)
    assert other.status == none.status == 404
    assert other.body == none.body.replace(b"0" * 36, server.pk.encode())
    assert cluster.asked == []


def test_who_may_only_read_is_told_nothing(reader, server, cluster):
    assert ask(reader, server.pk).status == 403
    assert cluster.asked == []


def test_an_administrator_is_told_any(admin, server):
    assert ask(admin, server.pk).status == 200


@pytest.mark.parametrize("told", [None, Gone("another machine")])
def test_where_nothing_is_kept_there_is_no_log(alice, server, cluster, told):
    cluster.said[server.instance] = told
    reply = ask(alice, server.pk)
    assert (reply.status, "has no console log" in reply.json["itemNotFound"]["message"]) == (404, True)


def test_a_log_of_which_nothing_was_said_is_empty(alice, server, cluster):
    cluster.said[server.instance] = ""
    assert ask(alice, server.pk).json == {"output": ""}


@pytest.mark.parametrize("trouble", [Transient("node1: connection refused"), Rejected("wrong password")])
def test_a_node_that_does_not_tell_is_not_there_now(alice, server, cluster, trouble):
    cluster.said[server.instance] = trouble
    with structlog.testing.capture_logs() as told:
        reply = ask(alice, server.pk)
    assert (reply.status, reply.headers["retry-after"]) == (503, "10")
    assert str(trouble) not in reply.body.decode()  # who administers nodes is told, not tenants
    assert ("console.log", str(trouble)) in {(one["event"], one.get("error")) for one in told}


def test_a_node_that_never_answers_is_not_waited_for_for_ever(alice, server, cluster, monkeypatch):
    async def never(*_):
        await asyncio.Event().wait()

    monkeypatch.setattr(logs, "ANSWER", 0.01)
    monkeypatch.setattr(cluster, "console_log", never)
    assert ask(alice, server.pk).status == 503


def test_what_was_said_is_in_no_log_of_ours(alice, server, cluster):
    cluster.said[server.instance] = "password: hunter2"
    with structlog.testing.capture_logs() as told:
        ask(alice, server.pk)
    assert "hunter2" not in repr(told)


def test_a_cluster_of_a_kind_that_keeps_none_says_so(alice, server, cluster, monkeypatch):
    class Bare:
        kind = "cloud"

    async def find(_):
        return Bare()

    logs.install(Logs(find))
    reply = ask(alice, server.pk)
    assert (reply.status, "keep no log" in reply.json["notImplemented"]["message"]) == (501, True)
