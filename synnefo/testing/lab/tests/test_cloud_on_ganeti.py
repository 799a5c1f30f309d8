"""Rules of a cloud on a real Ganeti with KVM guests: the road of a server, and what an operator does there by hand."""

import contextlib
import os
import re
import socket
import subprocess
import sys

import pytest

from synnefo.testing import road
from synnefo.testing.browser import browser, keep, painted
from synnefo.testing.embedded import ROOT, EmbeddedCloud
from synnefo.testing.lab import deploying, ours
from synnefo.testing.processes import until
from synnefo.testing.readme import block
from synnefo.testing.running import run
from synnefo.testing.viewers import look

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]
MADE = ("--flavor", "m1.tiny", "--image", ours.IMAGE)
OF_SCREENS = "eight-ch"  # what the VNC servers ask for where they do
PAGE = (ROOT / "docs" / "operations" / "consoles.md").read_text()
(PROTECT,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def embedded(ganeti, tmp_path_factory):
    """The embedded cloud on the cluster."""
    place = tmp_path_factory.mktemp("cluster") / "cluster.json"
    ours.write_place(ganeti, place)
    with EmbeddedCloud("--ganeti", str(place), settings={**ours.SETTINGS, "CONSOLE_VNC_PASSWORD": OF_SCREENS}) as made:
        yield made


@pytest.fixture(scope="module")
def cloud(embedded):
    """Its user."""
    return road.OpenStack(embedded.clouds)


def network_there(ganeti, id):
    """The cluster's line on a network of ours; empty when it has none."""
    known = ganeti.master.run("gnt-network", "list", "--no-headers", "-o", "name,group_list,tags").splitlines()
    return "".join(line for line in known if f"net-{id}" in line)


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
    (name,) = server["addresses"]
    made = network_there(ganeti, cloud.json("network", "show", name)["id"])
    assert "default (bridged, br0" in made
    assert "nfdhcpd" in made
    # And what it said while it booted is told
    until(
        lambda: "GUEST ready" in cloud.run("console", "log", "show", server["id"]),
        within=60.0,
        what="its boot to be told",
    )
    last = cloud.run("console", "log", "show", "--lines", "1", server["id"])
    assert "SYSLINUX" in cloud.run("console", "log", "show", server["id"])
    assert "SYSLINUX" not in last
    # When it is stopped, it is off
    cloud.run("server", "stop", server["id"])
    cloud.reaches(server["id"], "SHUTOFF")
    assert "qemu-system" not in ganeti.master.run("ps", "ax")
    # And started, it answers again
    cloud.run("server", "start", server["id"])
    until(lambda: answers(address), within=60.0, what=f"{address} to answer")
    cloud.run("server", "delete", "--wait", server["id"])
    assert "qemu-system" not in ganeti.master.run("ps", "ax")


def test_a_private_network_comes_with_its_first_server_and_goes_when_it_is_removed(cloud, embedded, ganeti):
    # Given a server with an interface on a network of which the cluster has none yet
    assert not network_there(ganeti, ours.PRIVATE)
    server = cloud.json("server", "create", *MADE, "--network", "default", "--network", "private", "--wait", "two")
    # Then it is there, and what its guest sends and hears of it is filtered by the network's MACs on the node
    assert "private-filtered" in network_there(ganeti, ours.PRIVATE)
    (port,) = cloud.json("port", "list", "--network", "private")
    assert port["MAC Address"].startswith("aa:00:07:")
    filters = ganeti.master.run("nft", "list", "table", "netdev", "synnefo")
    assert f"ether saddr != {port['MAC Address']} drop" in filters
    assert "ether daddr & ff:ff:ff:00:00:00 != aa:00:07:00:00:00 drop" in filters
    # When the server is deleted, it stays for the next
    cloud.run("server", "delete", "--wait", server["id"])
    assert network_there(ganeti, ours.PRIVATE)
    # And when it is removed, it is removed there too
    place = {**os.environ, "SYNNEFO_VAR": str(embedded.var), "SYNNEFO_SETTINGS_DIR": ""}
    run([sys.executable, "manage.py", "network-remove", ours.PRIVATE], within=60.0, environment=place, directory=ROOT)
    assert [one["Name"] for one in cloud.json("network", "list")] == ["default"]
    until(lambda: not network_there(ganeti, ours.PRIVATE), within=60.0, what="the end of the network")


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


@pytest.fixture
def protected(ganeti):
    """As docs/operations/consoles.md says it: VNC servers ask for a password."""
    deploying.carry_out(
        ganeti.master, f"install -d -m 0700 /root/synnefo; echo {OF_SCREENS} > /root/synnefo/vnc-password"
    )
    deploying.carry_out(ganeti.master, PROTECT)
    yield ganeti
    ganeti.master.run("gnt-cluster", "modify", "-H", "kvm:vnc_password_file=")


def test_a_screen_that_asks_for_a_password_is_shown(cloud, embedded, protected):
    server = cloud.json("server", "create", *MADE, "--wait", "protected")
    url = cloud.json("console", "url", "show", "--novnc", server["id"])["url"]
    assert instance_of(protected, server) in look(url).name
    assert ",password" in protected.master.run("ps", "ax", "-ww", "-o", "args")
    assert OF_SCREENS not in str(embedded.last_words())
    cloud.run("server", "delete", "--wait", server["id"])


def qemu(ganeti):
    """Of the one guest there is: its process, and how many interfaces QEMU has for it."""
    node = ganeti.master
    (process,) = node.run("sh", "-c", "cat /run/ganeti/kvm-hypervisor/pid/*").split()
    return process, sum(line.startswith("tap") for line in node.run("ip", "-br", "link").splitlines())


def test_an_interface_is_plugged_into_a_guest_that_runs_and_taken_out_again(cloud, ganeti):
    # Given a running guest with one interface
    server = cloud.json("server", "create", *MADE, "--wait", "plugged")
    process, interfaces = qemu(ganeti)
    assert interfaces == 1
    # When it is given another, then QEMU has it, and is the same
    cloud.run("server", "add", "network", server["id"], "default")
    until(lambda: qemu(ganeti) == (process, 2), within=60.0, what="the second interface")
    until(lambda: {port["Status"] for port in cloud.json("port", "list")} == {"ACTIVE"}, within=30.0, what="its port")
    # And when the first is taken out, then the second stays
    (first,) = [port["ID"] for port in cloud.json("port", "list") if address_of(server) in str(port)]
    cloud.run("server", "remove", "port", server["id"], first)
    until(lambda: qemu(ganeti) == (process, 1), within=60.0, what="one interface")
    until(lambda: len(cloud.json("port", "list")) == 1, within=30.0, what="the end of its port")
    assert cloud.status(server["id"]) == "ACTIVE"
    cloud.run("server", "delete", "--wait", server["id"])


def test_what_an_operator_stops_by_hand_is_seen(cloud, ganeti):
    # Given a running server
    made = cloud.json("server", "create", *MADE, "--wait", "by-hand")
    instance = ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()[-1]
    # When it is stopped with Ganeti's own command
    ganeti.master.run("gnt-instance", "shutdown", "--timeout=0", instance)
    # Then the API says so, and who it was
    until(lambda: cloud.status(made["id"]) == "SHUTOFF", within=10.0, what="SHUTOFF")
    by_hand = ("stop", "OP_INSTANCE_SHUTDOWN outside Synnefo (gnt:client:gnt-instance)")
    until(lambda: newest(cloud, made) == by_hand, within=20.0, what="who it was")
    # And as well, when it is started by hand
    ganeti.master.run("gnt-instance", "startup", instance)
    until(lambda: cloud.status(made["id"]) == "ACTIVE", within=10.0, what="ACTIVE")
    cloud.run("server", "delete", "--wait", made["id"])
    assert instance not in ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()


@pytest.fixture
def telling(ganeti):
    """As docs/operations/guests.md says it: the cluster knows who shut itself down, and leaves it down."""
    deploying.carry_out(ganeti.master, block(deploying.GUESTS, "snf-kvmd-hook"))
    ganeti.master.run("gnt-cluster", "modify", "--user-shutdown=yes", "-H", "kvm:user_shutdown=true")
    yield ganeti
    ganeti.master.run("gnt-cluster", "modify", "--user-shutdown=no", "-H", "kvm:user_shutdown=false")


def instance_of(ganeti, server):
    """By its tag."""
    rows = ganeti.master.run("gnt-instance", "list", "--no-headers", "--separator=|", "-o", "name,tags").splitlines()
    (name,) = [row.split("|")[0] for row in rows if server["id"] in row]
    return name


def newest(cloud, server):
    """What happened to it last: which action, and why."""
    one, *_ = cloud.json("server", "event", "list", server["id"])
    shown = cloud.json("server", "event", "show", server["id"], one["Request ID"])
    return shown["action"], shown["message"]


def watch(ganeti):
    """As cron does every five minutes."""
    here = ganeti.addresses[ganeti.master.name]
    ganeti.master.run("ganeti-watcher", "--wait-children", f"--rapi-ip={here}", within=120.0)


def switch_off(ganeti, instance):
    """As its user does: with a command inside it."""
    line = str(ganeti.master.root / "run" / "ganeti" / "kvm-hypervisor" / "ctrl" / f"{instance}.serial")

    def is_off():
        with socket.socket(socket.AF_UNIX) as console, contextlib.suppress(OSError):
            console.connect(line)
            console.sendall(b"\npoweroff -f\n")
        return f"-name {instance}" not in ganeti.master.run("ps", "ax", "-ww", "-o", "args")

    until(is_off, within=60.0, what="the guest to be off")


@pytest.mark.slow
def test_a_guest_that_shuts_itself_down_stays_down_and_one_that_crashed_is_started_again(cloud, telling):
    # Given a running guest
    server = cloud.json("server", "create", *MADE, "--wait", "mortal")
    instance = instance_of(telling, server)
    until(lambda: answers(address_of(server)), within=60.0, what="the guest to be up")
    # When it shuts itself down, then the API says so and why, and Ganeti's watcher leaves it so
    switch_off(telling, instance)
    until(lambda: cloud.status(server["id"]) == "SHUTOFF", within=30.0, what="SHUTOFF")
    until(lambda: newest(cloud, server) == ("stop", "guest shut itself down"), within=30.0, what="the cause")
    watch(telling)
    assert cloud.status(server["id"]) == "SHUTOFF"
    # When it is started, and QEMU dies, then that is seen as what it is
    cloud.run("server", "start", server["id"])
    cloud.reaches(server["id"], "ACTIVE")
    telling.master.run("sh", "-c", f"kill -9 $(cat /run/ganeti/kvm-hypervisor/pid/{instance})")
    until(lambda: cloud.status(server["id"]) == "SHUTOFF", within=30.0, what="SHUTOFF")
    assert newest(cloud, server) == ("stop", "guest crashed")
    # And Ganeti's watcher starts it again, which is seen as well
    watch(telling)
    until(lambda: cloud.status(server["id"]) == "ACTIVE", within=30.0, what="ACTIVE")
    assert newest(cloud, server) == ("start", "OP_INSTANCE_STARTUP outside Synnefo (gnt:watcher)")
    cloud.run("server", "delete", "--wait", server["id"])
