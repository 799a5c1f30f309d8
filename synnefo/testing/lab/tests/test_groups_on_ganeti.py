"""What a tenant says of its guests' traffic holds on a real Ganeti: security groups, floating addresses, asked for by nodes."""

import json
import subprocess

import pytest

from synnefo.testing import road
from synnefo.testing.embedded import ROOT, EmbeddedCloud
from synnefo.testing.lab import ours
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]
ROUTED, PUBLIC, TABLE = "7c4d1b8e-3f52-4a0b-8e6d-5b1a9f0e2401", "7c4d1b8e-3f52-4a0b-8e6d-5b1a9f0e2402", "155"
INSIDE, GATEWAY = "10.66.0.0/24", "10.66.0.1"
PING = ("--protocol", "icmp", "--ingress")


def fixture(ganeti):
    """A network of the project's that the node routes, and addresses outside that may float to it."""
    rows = json.loads((ROOT / "fixtures" / "networks.json").read_text())
    networks = {row["model"]: row for row in rows}
    outside = ganeti.subnet["cidr"].rpartition(".")[0]
    about = {"is_default": False, "mode": "routed", "link": TABLE, "flavor": "IP_LESS_ROUTED"}
    subnets = [
        (ROUTED, {"name": "routed"}, {"cidr": INSIDE, "gateway": GATEWAY, "pools": [["10.66.0.10", "10.66.0.99"]]}),
        (
            PUBLIC,
            {"name": "public", "external": True},
            {"cidr": f"{outside}.0/24", "gateway": ganeti.gateway, "pools": [[f"{outside}.210", f"{outside}.219"]]},
        ),
    ]
    return [
        {**networks[model], "pk": id, "fields": {**networks[model]["fields"], **fields}}
        for id, network, subnet in subnets
        for model, fields in (
            ("network.network", about | network),
            ("network.subnet", {"network": id, "name": "v4", **subnet}),
        )
    ]


@pytest.fixture(scope="module")
def routing(ganeti):
    """The node is the router of a table, as docs/operations/node.md says it of its operator."""
    node = ganeti.master
    node.run("ip", "route", "add", INSIDE, "dev", "br0", "table", TABLE)
    node.run("ip", "route", "add", ganeti.subnet["cidr"], "dev", "br0", "table", TABLE)
    node.run("ip", "route", "add", "default", "via", ganeti.gateway, "dev", "br0", "table", TABLE)
    node.run("ip", "rule", "add", "iif", "br0", "lookup", TABLE)
    yield node
    node.run("ip", "rule", "del", "iif", "br0", "lookup", TABLE)
    node.run("ip", "route", "flush", "table", TABLE)


@pytest.fixture(scope="module")
def cloud(ganeti, routing, tmp_path_factory):
    """The user of a cloud that the node asks."""
    folder = tmp_path_factory.mktemp("cluster")
    place, more = folder / "cluster.json", folder / "more.json"
    key = ours.interfaces(ganeti)
    ours.write_place(ganeti, place, key)
    more.write_text(json.dumps(fixture(ganeti)))
    known = json.loads(place.read_text())
    place.write_text(json.dumps({**known, "fixtures": [*known["fixtures"], str(more)]}))
    try:
        with EmbeddedCloud("--ganeti", str(place), settings={**ours.SETTINGS, **ours.ASKED}) as made:
            yield road.OpenStack(made.clouds)
    finally:
        ours.no_interfaces(ganeti)


def answers(address):
    return subprocess.run(["fping", "-c1", "-t500", address], capture_output=True, check=False).returncode == 0


def test_what_reaches_a_guest_is_what_its_groups_let_in_whether_it_runs_already_or_not(cloud):
    # Given a group that lets pings in, and a server in it
    cloud.run("security", "group", "create", "pinged")
    cloud.run("security", "group", "rule", "create", *PING, "pinged")
    made = ("--flavor", "m1.tiny", "--image", ours.IMAGE, "--network", "default")
    server = cloud.json("server", "create", *made, "--security-group", "pinged", "--wait", "grouped")
    ((address,),) = server["addresses"].values()
    # Then its guest answers
    until(lambda: answers(address), within=60.0, what=f"{address} to answer")
    # When it is taken out of the group and put into the default one, then it does not any more
    cloud.run("server", "remove", "security", "group", server["id"], "pinged")
    cloud.run("server", "add", "security", "group", server["id"], "default")
    until(lambda: not answers(address), within=30.0, what=f"{address} to be closed")
    # And when the default group lets pings in, it answers again
    rule = cloud.json("security", "group", "rule", "create", *PING, "default")["id"]
    until(lambda: answers(address), within=30.0, what=f"{address} to answer again")
    cloud.run("security", "group", "rule", "delete", rule)
    cloud.run("server", "delete", "--wait", server["id"])


def test_a_guest_is_reached_by_a_floating_address_while_it_has_it(cloud):
    # Given a guest on a network that the node routes, and a floating address
    rule = cloud.json("security", "group", "rule", "create", *PING, "default")["id"]
    made = ("--flavor", "m1.tiny", "--image", ours.IMAGE, "--network", "routed")
    server = cloud.json("server", "create", *made, "--wait", "floating")
    floating = cloud.json("floating", "ip", "create", "public")
    address = floating["floating_ip_address"]
    assert not answers(address)
    # When it is given to the server, then its guest answers there
    cloud.run("server", "add", "floating", "ip", server["id"], address)
    until(lambda: answers(address), within=60.0, what=f"{address} to answer")
    # And when it is taken away, nobody does
    cloud.run("server", "remove", "floating", "ip", server["id"], address)
    until(lambda: not answers(address), within=30.0, what=f"nobody to answer at {address}")
    cloud.run("floating", "ip", "delete", floating["id"])
    cloud.run("security", "group", "rule", "delete", rule)
    cloud.run("server", "delete", "--wait", server["id"])
