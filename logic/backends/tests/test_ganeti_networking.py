"""What the adapter asks of a cluster of several node groups, over recorded answers."""

from ganeti.tests.recorded import InTurn
from ganeti.vocabulary import part_of, reason_of
from logic.backends.base import NetworkTarget
from logic.backends.tests.desk import JOBS, about, adapter
from logic.messages.commands import ConnectNetwork, DisconnectNetwork, NetworkSpec
from logic.messages.observations import NetworkSeen

GROUPS = ("GET", "/2/groups")
NETWORKS = ("GET", "/2/networks?bulk=1")
ADD, REMOVE = ("POST", "/2/networks"), ("DELETE", "/2/networks/net1")
ONE, CONNECT, CUT = (
    ("GET", "/2/networks/net1"),
    ("PUT", "/2/networks/net1/connect"),
    ("PUT", "/2/networks/net1/disconnect"),
)
FINAL = ["canceled", "error", "success"]
THREE = [{"name": name, "uri": f"/2/groups/{name}"} for name in ("east", "north", "west")]
SPEC = NetworkSpec(name="net1", cidr="10.0.0.0/24", link="br0", tags=("nfdhcpd",))


def told(transport):
    """Of each order its verb, its group, which jobs it waits for, and its reason."""
    found = []
    for index, one in enumerate(transport.orders()):
        body = transport.body(index)
        waits = [job for job, statuses in body.get("depends", []) if statuses == FINAL]
        found.append((one.method, body.get("group_name", ""), waits, transport.query(index)["reason"]))
    return found


async def test_every_group_is_connected_one_after_the_other_and_the_last_job_is_the_commands():
    backend, transport = adapter({GROUPS: THREE, JOBS: [], ADD: 11, CONNECT: [InTurn(12), InTurn(13), InTurn(14)]})
    command = ConnectNetwork(**about(), network=SPEC)
    assert (await backend.submit(command)).job == 14
    part, own = part_of(command.id), reason_of(command.id)
    assert told(transport) == [
        ("POST", "", [], part), ("PUT", "east", [11], part), ("PUT", "north", [12], part), ("PUT", "west", [13], own),
    ]  # fmt: skip
    assert transport.body(0) == {
        "network_name": "net1", "network": "10.0.0.0/24", "tags": ["nfdhcpd"], "conflicts_check": False,
    }  # fmt: skip


async def test_one_that_is_there_is_only_connected():
    backend, transport = adapter({GROUPS: THREE[:1], JOBS: [], ONE: {"name": "net1"}, CONNECT: 12})
    assert (await backend.submit(ConnectNetwork(**about(), network=SPEC))).job == 12
    assert [(verb, group, waits) for verb, group, waits, _ in told(transport)] == [("PUT", "east", [])]


async def test_it_is_cut_off_everywhere_before_it_is_removed():
    backend, transport = adapter({GROUPS: THREE, CUT: [InTurn(12), InTurn(13), InTurn(14)], REMOVE: 15})
    command = DisconnectNetwork(**about(), name="net1")
    assert (await backend.submit(command)).job == 15
    part, own = part_of(command.id), reason_of(command.id)
    assert told(transport) == [
        ("PUT", "east", [], part), ("PUT", "north", [12], part), ("PUT", "west", [13], part), ("DELETE", "", [14], own),
    ]  # fmt: skip


async def test_a_group_that_does_not_reach_it_is_noticed():
    known = [
        {"name": "net1", "group_list": [["east", "bridged", "br0", ""], ["north", "bridged", "br0", ""]]},
        {"name": "net2", "group_list": [[one["name"], "bridged", "br0", ""] for one in THREE]},
    ]
    backend, _ = adapter({GROUPS: THREE, NETWORKS: known})
    targets = [NetworkTarget(network=f"row-of-{name}", name=name, version=1) for name in ("net1", "net2", "net3")]
    found = await backend.networks(targets)
    assert all(isinstance(one, NetworkSeen) for one in found)
    assert [(one.network, one.connected) for one in found] == [
        ("row-of-net1", False), ("row-of-net2", True), ("row-of-net3", False),
    ]  # fmt: skip
