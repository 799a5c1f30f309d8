"""Whatever is asked, the answer is one of Ganeti's, time goes on, and the cluster can be stored and found again."""

import json
from urllib.parse import quote

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeti.simulator.memory import MemoryFiles
from ganeti.simulator.opcodes import PARAMETERS
from ganeti.simulator.tests.lab import Lab, creation

STATUSES = {200, 400, 403, 404, 501, 502, 503}
WORDS = [
    "web1", "web2", "eth0", "net1", "net2", "pool", "none", "auto", "10.200.0.3", "2001:db8::1", "aa:00:00:12:34:56",
    "default", "add", "remove", "modify", "", "bridged", "br0", "file", "diskless", "kvm", "ro", "x",
]  # fmt: skip
PATHS = [
    "/2/instances", "/2/instances/web1", "/2/instances/web1/reinstall", "/2/instances/web1/console", "/2/tags",
    "/2/instances/web1/tags", "/2/jobs/1", "/2/jobs/2/wait", "/2/networks", "/2/networks/net1", "/2/info", "/2/groups",
    "/2/networks/net1/disconnect",
]  # fmt: skip
TEXT = st.sampled_from(WORDS)
ODD = st.none() | st.booleans() | st.integers() | st.just(1.5) | st.just([1]) | st.just({"a": {}}) | st.text(max_size=3)
LEAF = TEXT | st.sampled_from([None, 0, 1, 64, -1, True, 2**40]) | ODD
KEYS = ["name", "ip", "mac", "network", "mode", "link", "size", "maxmem", "vcpus", "x"]
DICT = st.dictionaries(st.sampled_from(KEYS), LEAF, max_size=3)
SOME = st.sampled_from(["x", "ro", "", None])
DISK = st.fixed_dictionaries({"size": st.just(64)}, optional={"name": SOME, "mode": SOME})
NIC = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "ip", "mac", "network", "mode", "link"), LEAF))
BEPARAMS = st.dictionaries(
    st.sampled_from(["maxmem", "minmem", "memory", "vcpus", "always_failover"]), LEAF, max_size=2
)
BY_KIND = {
    str: TEXT,
    int: st.sampled_from([0, 1, 120, -1]),
    bool: st.booleans(),
    dict: DICT,
    list: st.lists(TEXT | DICT, max_size=2),
}


def changes(what):
    """Additions mostly, so that something comes of it."""
    add = st.tuples(st.just("add"), st.just(-1), what)
    other = st.tuples(st.sampled_from(["remove", "modify"]), st.sampled_from([-1, 0, 1, -3]), what | st.just({}))
    return st.lists((add | other).map(list), min_size=1, max_size=2)


def body(opcode):
    """Some parameters of an opcode, mostly of the right type."""
    known = {name: BY_KIND[kind] | ODD for name, (_, kind) in PARAMETERS[opcode].items()}
    return st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: known[name] for name in names})
    )


def order(method, path, bodies):
    return st.tuples(st.just(method), st.just(path), bodies)


PARTS = {"disks": st.lists(DISK, max_size=2), "nics": st.lists(NIC, max_size=2), "beparams": BEPARAMS}
CREATE = st.tuples(st.just({}) | st.just({}) | body("OP_INSTANCE_CREATE"), st.fixed_dictionaries({}, optional=PARTS))
MODIFY = st.fixed_dictionaries(
    {}, optional={"nics": changes(NIC), "disks": changes(DISK), "beparams": BEPARAMS, "hotplug": st.booleans()}
)
REQUESTS = st.one_of(
    order("POST", "/2/instances", CREATE.map(lambda parts: creation("web2") | parts[0] | parts[1])),
    order("PUT", "/2/instances/web1/modify", MODIFY),
    order("PUT", "/2/instances/web1/modify", body("OP_INSTANCE_SET_PARAMS")),
    order("PUT", "/2/instances/web1/shutdown", body("OP_INSTANCE_SHUTDOWN")),
    order("DELETE", "/2/instances/web1", body("OP_INSTANCE_REMOVE")),
    order("POST", "/2/networks", body("OP_NETWORK_ADD").map({"network_name": "net2", "network": "10.7.0.0/24"}.__or__)),
    order("PUT", "/2/networks/net1/connect", body("OP_NETWORK_CONNECT").map({"group_name": "default"}.__or__)),
    st.tuples(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.sampled_from(PATHS), DICT | ODD),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=5))
def test_no_request_breaks_the_cluster(requests):
    lab = Lab(files=MemoryFiles())
    lab.created()
    for method, path, asked in requests:
        assert lab.send(method, path, asked).status in STATUSES
        lab.step()
    lab.settle()
    for path in ("/2/instances", "/2/jobs", "/2/networks", "/2/nodes"):
        lab.ask("GET", path, bulk="1")
    world, jobs = lab.cluster._world, lab.cluster._scheduler.jobs
    for record in [*world.instances.values(), *world.networks.values(), *jobs.values()]:
        kept = msgspec.json.encode(record)
        assert msgspec.json.encode(msgspec.json.decode(kept, type=type(record))) == kept


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.text(max_size=30), st.text(max_size=30))
def test_no_bytes_break_the_cluster(raw, name, value):
    lab = Lab(files=MemoryFiles())
    path = f"/2/instances/{quote(name, safe='')}"
    assert lab.send("PUT", f"{path}/modify", raw).status in STATUSES
    assert lab.send("PUT", f"{path}/tags", tag=value, reason=value).status in STATUSES
    assert lab.send("GET", path, bulk=value).status in STATUSES
    lab.settle()
    json.dumps(lab.ask("GET", "/2/jobs", bulk="1"))
