"""The cloud on MariaDB and RabbitMQ, in separate processes, used with the real client and shot at. What does not depend on
the database is in ``test_real_parts``."""

import pytest

from synnefo.testing.processes import until
from synnefo.testing.realparts import RealCloud
from synnefo.testing.road import OpenStack, walk

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def cloud(mariadb, rabbitmq):
    with RealCloud(mariadb, rabbitmq) as cloud:
        yield cloud


@pytest.fixture
def openstack(cloud):
    return OpenStack(cloud.clouds)


def create(openstack, name):
    return openstack.json("server", "create", "--flavor", "m1.small", "--image", "debian-12", name)["id"]


def test_a_server_walks_the_whole_road(openstack):
    walk(openstack)


def test_dispatchers_and_the_database_killed_in_the_middle_of_a_build_lose_nothing(cloud, openstack, mariadb):
    id = create(openstack, "shot-at")
    for dispatcher in cloud.dispatchers:
        dispatcher.kill()
    mariadb.kill()
    for dispatcher in cloud.dispatchers:
        dispatcher.start()
    mariadb.start()
    until(cloud.answers, within=30, what="the API")
    openstack.reaches(id, "ACTIVE")


def test_every_server_is_deleted_and_nothing_is_left_on_the_cluster(cloud, openstack):
    for row in openstack.json("server", "list"):
        openstack.run("server", "delete", "--wait", row["ID"])
    assert openstack.json("server", "list") == []
    assert '"quarantined": 0' in cloud.manage("queue-inspect", "--json")
