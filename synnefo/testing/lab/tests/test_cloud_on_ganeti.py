"""Rules of a cloud on a real Ganeti: the road of a server, and what an operator does there by hand."""

import pytest

from synnefo.testing import road
from synnefo.testing.embedded import EmbeddedCloud
from synnefo.testing.lab import ours
from synnefo.testing.processes import until

pytestmark = [pytest.mark.ganeti, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cloud(ganeti, tmp_path_factory):
    """The embedded cloud, with the hypervisor that only pretends."""
    place = tmp_path_factory.mktemp("cluster") / "cluster.json"
    ours.hook(ganeti.master)
    ours.write_place(ganeti, place)
    settings = {**ours.SETTINGS, "GANETI_HYPERVISOR": "fake"}
    with EmbeddedCloud("--ganeti", str(place), settings=settings) as made:
        yield road.OpenStack(made.clouds)


def test_a_server_walks_its_whole_road(cloud):
    road.walk(cloud)


def test_what_an_operator_stops_by_hand_is_seen(cloud, ganeti):
    # Given a running server
    made = cloud.json("server", "create", "--flavor", "m1.small", "--image", "debian-12", "--wait", "by-hand")
    instance = ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()[-1]
    # When it is stopped with Ganeti's own command
    ganeti.master.run("gnt-instance", "shutdown", "--timeout=1", instance)
    # Then the API says so
    until(lambda: cloud.status(made["id"]) == "SHUTOFF", within=10.0, what="SHUTOFF")
    # And as well, when it is started, and when it is removed by hand
    ganeti.master.run("gnt-instance", "startup", instance)
    until(lambda: cloud.status(made["id"]) == "ACTIVE", within=10.0, what="ACTIVE")
    cloud.run("server", "delete", "--wait", made["id"])
    assert instance not in ganeti.master.run("gnt-instance", "list", "--no-headers", "-o", "name").split()
