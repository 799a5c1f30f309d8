"""Rules of a cluster of three nodes under a whole cloud: whoever is its master, each order is carried out, and told as it was."""

import ipaddress
import re
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from synnefo.testing.embedded import ROOT
from synnefo.testing.lab import clouds, ours
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.processes import until
from synnefo.testing.road import OpenStack
from synnefo.testing.scrapes import scraped
from synnefo.testing.viewers import look

pytestmark = [pytest.mark.ganeti, pytest.mark.verify, pytest.mark.timeout(900)]
MADE = ("--flavor", "m1.tiny", "--image", ours.IMAGE)
PAGE = (ROOT / "docs" / "operations" / "master-failover.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DRAIN, FAIL_OVER, LOST, ELSEWHERE, SEEN = BLOCKS


@pytest.fixture(scope="module")
def lab():
    with Lab(nodes=3) as lab:
        for node in lab.nodes:
            ours.node(node)
        yield lab


@pytest.fixture(scope="module")
def cloud(lab, postgres, rabbitmq):
    """On it, with an event daemon on each node."""
    with clouds.LabCloud(lab, postgres, rabbitmq, settings={"GANETI_DISK_TEMPLATE": "sharedfile"}) as cloud:
        clouds.join(lab, rabbitmq)
        yield cloud
        clouds.leave(rabbitmq)


@pytest.fixture(scope="module")
def openstack(cloud):
    return OpenStack(cloud.clouds)


@pytest.fixture(scope="module")
def servers(lab, openstack):
    """Two, whose disks all nodes have; neither is on the first or the second node, who are to come and go."""
    made = [openstack.json("server", "create", *MADE, "--wait", name) for name in ("one", "two")]
    for server in made:
        move(lab, server, lab.nodes[2])
    yield made
    for server in made:
        openstack.run("server", "delete", "--wait", server["id"])


def speakers(lab):
    """The nodes whose event daemons say that they speak."""
    return [node for node in lab.nodes if node.is_up and _speaks(lab, node)]


def _speaks(lab, node):
    text = scraped(f"http://{lab.addresses[node.name]}:{clouds.SHOWN}/metrics") or ""
    values = [sample.value for family in text_string_to_metric_families(text) for sample in family.samples
              if sample.name == "synnefo_eventd_master"]  # fmt: skip
    return values == [1.0]


def instance_of(lab, server):
    return of(lab, server, "name")


def of(lab, server, field):
    rows = lab.master.run("gnt-instance", "list", "--no-headers", "--separator=|", "-o", f"tags,{field}").splitlines()
    (value,) = [row.split("|")[1] for row in rows if server["id"] in row]
    return value


def move(lab, server, node):
    """To a node, alive."""
    if of(lab, server, "pnode") != node.name:
        lab.master.run(
            "gnt-instance", "migrate", "--force", "-n", node.name, instance_of(lab, server), within=120.0
        )  # fmt: skip


def answers(server):
    ((address,),) = server["addresses"].values()
    return not subprocess.run(["fping", "-c1", "-t1000", address], capture_output=True, check=False).returncode


def actions(openstack, server):
    """What happened to it, the oldest first."""
    return [one["Action"] for one in reversed(openstack.json("server", "event", "list", server["id"]))]


def test_three_nodes_are_one_cluster_and_of_their_event_daemons_the_masters_speaks(lab, cloud):
    names = [node.name for node in lab.nodes]
    assert sorted(lab.master.run("cat", "/var/lib/ganeti/ssconf_master_candidates").split()) == names
    assert sorted(lab.client().node_names()) == names
    assert ipaddress.ip_address(lab.endpoint.split("/")[2].split(":")[0]) not in map(
        ipaddress.ip_address, lab.addresses.values()
    )
    until(lambda: speakers(lab) == [lab.master], within=20, what="the master's event daemon to speak")
    assert "in use" in cloud.manage("backend-list")


def test_a_guest_that_is_moved_alive_stays_itself_and_is_shown_where_it_is(lab, cloud, openstack, servers):
    one, _ = servers
    until(lambda: answers(one), within=120, what="the guest to be up")
    before = actions(openstack, one)
    process = of(lab, one, "pnode")
    # When it is moved
    move(lab, one, lab.nodes[0])
    assert of(lab, one, "pnode") != process
    # Then it is where it was for its user
    until(lambda: answers(one), within=30, what="the guest to answer")
    assert openstack.status(one["id"]) == "ACTIVE"
    assert set(actions(openstack, one)) <= {*before, "live-migration", "migrate"}
    # And its console's address leads to it
    url = openstack.json("console", "url", "show", "--novnc", one["id"])["url"]
    assert instance_of(lab, one) in look(url).name
    move(lab, one, lab.nodes[2])


def asked(openstack, word, server):
    """An order that is not waited for."""
    openstack.run("server", word, server["id"])


def test_a_planned_failover_loses_no_order_and_invents_none(lab, cloud, openstack, servers):
    # Given two servers, of which one is off
    one, two = servers
    asked(openstack, "stop", one)
    openstack.reaches(one["id"], "SHUTOFF")
    before = {server["id"]: actions(openstack, server) for server in servers}
    old, new = lab.nodes[:2]
    # When the master is to be another, as the page says it
    old.run("sh", "-c", DRAIN, within=120.0)
    # And users go on meanwhile
    asked(openstack, "start", one)
    asked(openstack, "stop", two)
    lab.fail_over(new, FAIL_OVER)
    # Then the new master's event daemon speaks, and the old one's does not
    until(lambda: speakers(lab) == [new], within=20, what="the new master's event daemon to speak")
    # And their orders are carried out, each once, through the cluster's own address, which is the new master's now
    openstack.reaches(one["id"], "ACTIVE")
    openstack.reaches(two["id"], "SHUTOFF")
    assert lab.endpoint.split("/")[2].split(":")[0] in new.run("ip", "-br", "addr")
    # And so is what comes after
    asked(openstack, "start", two)
    openstack.reaches(two["id"], "ACTIVE")
    assert actions(openstack, one) == [*before[one["id"]], "start"]
    assert actions(openstack, two) == [*before[two["id"]], "stop", "start"]
    until(lambda: "in use" in cloud.manage("backend-list"), within=60, what="the cluster to be looked at")


def running(lab, word):
    """Is a job of this kind at work?"""
    return word in lab.master.run("gnt-job", "list", "--no-headers", "--running", "-o", "summary")


LATE = 420  # seconds: the new master looks for dead jobs every 307


def is_settled(openstack, server):
    """Is nothing of ours under way for it?"""
    return openstack.json("server", "show", server["id"])["OS-EXT-STS:task_state"] is None


def test_a_master_that_is_lost_with_a_job_at_work_takes_nothing_along_but_its_guests(lab, openstack, servers):
    # Given a guest on the master, another elsewhere, and a job at work on that one
    one, two = servers
    lost, new = lab.master, lab.nodes[2]
    move(lab, one, lost)
    asked(openstack, "stop", two)
    until(lambda: running(lab, "INSTANCE_SHUTDOWN"), within=60, what="the job to be at work")
    # When the master is lost, and another takes its place, as the page says it
    lost.stop()
    lab.fail_over(new, f"LOST={lost.name}\n{LOST}")
    until(lambda: speakers(lab) == [new], within=20, what="the new master's event daemon to speak")
    # Then what had been asked is settled, and the server is shown as it is
    until(lambda: is_settled(openstack, two), within=LATE, what="the stop to be over")
    openstack.reaches(two["id"], "SHUTOFF" if of(lab, two, "oper_state") == "N" else "ACTIVE")
    # And it goes on
    if openstack.status(two["id"]) == "ACTIVE":
        asked(openstack, "stop", two)
        openstack.reaches(two["id"], "SHUTOFF")
    asked(openstack, "start", two)
    openstack.reaches(two["id"], "ACTIVE")
    # And the guest that was lost with it is seen to be down, and is itself again when it is started elsewhere
    openstack.reaches(one["id"], "SHUTOFF")
    new.run("sh", "-c", f"NODE={new.name} INSTANCE={instance_of(lab, one)}\n{ELSEWHERE}", within=120.0)
    openstack.reaches(one["id"], "ACTIVE")
    until(lambda: answers(one), within=120, what="the guest to answer")
    url = openstack.json("console", "url", "show", "--novnc", one["id"])["url"]
    assert instance_of(lab, one) in look(url).name


def test_how_the_page_says_to_see_that_it_worked(lab):
    said = lab.master.run("sh", "-c", SEEN.replace("gnt-cluster verify", "gnt-cluster verify || true"), within=120.0)
    assert said.splitlines()[0] == lab.master.name
    errors = [line for line in said.splitlines() if "ERROR" in line]
    assert [line for line in errors if "procfs" not in line] == []  # which says that this kernel has no sysrq
