"""What of Ganeti's answer makes a screen that can be reached."""

import msgspec
import pytest

from ganeti.rapi import RapiClient
from ganeti.transport import RapiResponse
from logic.backends.ganeti_showing import screen

KVM = {
    "name": "snf-1",
    "uuid": "u1",
    "status": "running",
    "pnode": "node1.example.org",
    "tags": ["synnefo:server:s1"],
    "network_port": 11000,
    "hvparams": {"vnc_bind_address": "0.0.0.0", "vnc_tls": False},
}


def shown(**changes):
    class Answering:
        def send(self, request):
            assert request.path == "/2/instances/snf-1", "the console's own address is a trap"
            return RapiResponse(status=200, body=msgspec.json.encode(KVM | changes))

    return screen(RapiClient(Answering()), "snf-1")


def test_it_is_where_its_primary_node_is_whatever_it_is_bound_to():
    found = shown()
    assert (found.host, found.port, found.reason, found.running) == ("node1.example.org", 11000, "", True)
    assert shown(hvparams={"vnc_bind_address": "192.0.2.7"}).host == "node1.example.org"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"network_port": None}, "shows no screens"),
        ({"pnode": None}, "shows no screens"),
        ({"hvparams": {"vnc_bind_address": ""}}, "shows no screens"),
        ({"hvparams": {}}, "shows no screens"),
        ({"hvparams": None}, "shows no screens"),
        ({"hvparams": {"vnc_bind_address": "/var/run/vnc"}}, "is a socket on its node"),
        ({"hvparams": {"vnc_bind_address": "127.0.0.1"}}, "on its node alone"),
        ({"hvparams": {"vnc_bind_address": "::1"}}, "on its node alone"),
        ({"hvparams": {"vnc_bind_address": "::", "vnc_tls": True}}, "is encrypted"),
    ],
)
def test_one_that_cannot_be_reached_says_why(changes, why):
    found = shown(**changes)
    assert (found.port, why in found.reason) == (0, True), found.reason


def test_a_node_that_is_this_machine_may_show_it_on_its_loopback():
    assert shown(pnode="127.0.0.1", hvparams={"vnc_bind_address": "127.0.0.1"}).port == 11000


@pytest.mark.parametrize("status", ["ADMIN_down", "ERROR_down", "USER_down", "ERROR_nodedown"])
def test_nobody_is_there_unless_it_runs(status):
    assert not shown(status=status).running
