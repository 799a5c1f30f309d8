"""Rules of a cloud on a real Ganeti with KVM guests: the road of a server, and what an operator does there by hand."""

import subprocess

import pytest

from synnefo.testing import road
from synnefo.testing.browser import browser, keep, painted
from synnefo.testing.embedded import ROOT, EmbeddedCloud
from synnefo.testing.lab import ours
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]
MADE = ("--flavor", "m1.tiny", "--image", ours.IMAGE)


@pytest.fixture(scope="module")
def cloud(ganeti, tmp_path_factory):
    """The embedded cloud on the cluster."""
    place = tmp_path_factory.mktemp("cluster") / "cluster.json"
    ours.hook(ganeti.master)
    ours.write_place(ganeti, place)
    leases = ours.guests(ganeti.master)
    leases.start()
    with EmbeddedCloud("--ganeti", str(place), settings=ours.SETTINGS) as made:
        yield road.OpenStack(made.clouds)
    leases.kill()


def answers(address):
    done = subprocess.run(["fping", "-c1", "-t1000", address], capture_output=True, check=False)
    return done.returncode == 0


def address_of(server):
    ((address,),) = server["addresses"].values()
    return address


def test_a_server_is_a_guest_that_answers_at_its_address(cloud, ganeti):
    # Given a server that is made and waited for
    server = cloud.json("server", "create", *MADE, "--wait", "web")
    assert server["status"] == "ACTIVE"
    # Then its guest has taken its address, and QEMU runs it
    address = address_of(server)
    until(lambda: answers(address), within=60.0, what=f"{address} to answer")
    assert "qemu-system" in ganeti.master.run("ps", "ax")
    # And its network is one of Ganeti's, made for it
    (network,) = cloud.json("network", "list")
    known = ganeti.master.run("gnt-network", "list", "--no-headers", "-o", "name,group_list,tags").splitlines()
    (made,) = [line for line in known if f"net-{network['ID']}" in line]
    assert "default (bridged, br0" in made
    assert "nfdhcpd" in made
    # When it is stopped, it is off
    cloud.run("server", "stop", server["id"])
    cloud.reaches(server["id"], "SHUTOFF")
    assert "qemu-system" not in ganeti.master.run("ps", "ax")
    # And started, it answers again
    cloud.run("server", "start", server["id"])
    until(lambda: answers(address), within=60.0, what=f"{address} to answer")
    cloud.run("server", "delete", "--wait", server["id"])
    assert "qemu-system" not in ganeti.master.run("ps", "ax")


def test_its_screen_is_shown_in_a_browser(cloud):
    # Given a server, and the address of its console
    server = cloud.json("server", "create", *MADE, "--wait", "shown")
    url = cloud.json("console", "url", "show", "--novnc", server["id"])["url"]
    # When a browser opens it
    with browser() as page:
        page.get(url)
        # Then it shows what the guest wrote: a text console, in more than one colour
        until(lambda: painted(page)[2] > 1, within=60.0, what="a picture")
        width, height, _ = painted(page)
        keep(page, ROOT / "var" / "artefacts" / "console.png")
    assert (width, height) >= (640, 400)
    cloud.run("server", "delete", "--wait", server["id"])


def test_what_an_operator_stops_by_hand_is_seen(cloud, ganeti):
    # Given a running server
    made = cloud.json("server", "create", *MADE, "--wait", "by-hand")
    instance = ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()[-1]
    # When it is stopped with Ganeti's own command
    ganeti.master.run("gnt-instance", "shutdown", "--timeout=0", instance)
    # Then the API says so
    until(lambda: cloud.status(made["id"]) == "SHUTOFF", within=10.0, what="SHUTOFF")
    # And as well, when it is started by hand
    ganeti.master.run("gnt-instance", "startup", instance)
    until(lambda: cloud.status(made["id"]) == "ACTIVE", within=10.0, what="ACTIVE")
    cloud.run("server", "delete", "--wait", made["id"])
    assert instance not in ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()
