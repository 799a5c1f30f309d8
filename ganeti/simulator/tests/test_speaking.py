"""What simulated guests say on their consoles, and who is told on a node of theirs."""

import pytest

from ganeti.simulator.talking import SimulatedNode
from ganeti.transport import NotSent, RapiRequest


def asked(lab, path, **query):
    reply = SimulatedNode(lab.simulator).send(RapiRequest(method="GET", path=path, query=tuple(query.items())))
    return reply.status, reply.body


def log(lab, **query):
    return asked(lab, f"/logs/{lab.instance()['uuid']}", **query)


def test_a_guest_boots_with_what_it_has_and_waits_for_a_login(one):
    status, said = log(one)
    assert (status, said.splitlines()[-1]) == (200, b"web1 login: ")
    assert b"Linux version" in said
    assert one.instance()["nic.macs"][0].encode() in said
    assert log(one, lines="1") == (200, b"web1 login: ")


@pytest.mark.parametrize(("ends", "said"), [("crash_guest", b"Kernel panic"), ("power_off_guest", b"Power down")])
def test_one_that_ends_says_how(one, ends, said):
    getattr(one.simulator, ends)("web1")
    assert said in log(one, lines="1")[1]


def test_one_that_was_stopped_was_switched_off(one):
    one.result(one.order("PUT", "/2/instances/web1/shutdown", {}))
    assert b"Power down" in log(one, lines="1")[1]


@pytest.mark.parametrize(
    "path", ["/logs/web1", "/logs/1867c5f0-f087-41bb-99e2-2d3ed2dbe529", "/2/instances/web1", "/logs/../x"]
)
def test_nothing_else_is_told(one, path):
    assert asked(one, path) == (404, b"")


def test_a_simulator_that_has_stopped_is_not_there(one):
    path = f"/logs/{one.instance()['uuid']}"
    one.simulator.close()
    with pytest.raises(NotSent):
        asked(one, path)
