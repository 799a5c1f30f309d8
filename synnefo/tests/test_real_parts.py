"""The cloud on PostgreSQL and RabbitMQ, in separate processes, used with the real client and shot at."""

import pytest

from synnefo.testing.processes import until
from synnefo.testing.realparts import RealCloud
from synnefo.testing.road import OpenStack, walk

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def cloud(postgres, rabbitmq):
    with RealCloud(postgres, rabbitmq) as cloud:
        yield cloud


@pytest.fixture
def openstack(cloud):
    return OpenStack(cloud.clouds)


def create(openstack, name):
    return openstack.json("server", "create", "--flavor", "m1.small", "--image", "debian-12", name)["id"]


def test_a_server_walks_the_whole_road(openstack):
    walk(openstack)


def test_dispatchers_killed_in_the_middle_lose_nothing(cloud, openstack):
    id = create(openstack, "shot-at")
    for dispatcher in cloud.dispatchers:
        dispatcher.kill()
    for dispatcher in cloud.dispatchers:
        dispatcher.start()
    openstack.reaches(id, "ACTIVE")


def test_the_api_killed_after_its_answer_loses_nothing(cloud, openstack):
    id = create(openstack, "accepted")
    cloud.api.kill()
    cloud.api.start()
    openstack.reaches(id, "ACTIVE")


def test_an_event_daemon_that_was_down_tells_what_it_missed(cloud, openstack):
    cloud.eventd.kill()
    id = create(openstack, "unwatched")
    cloud.eventd.start()
    openstack.reaches(id, "ACTIVE")


def test_a_broker_killed_in_the_middle_of_a_build_loses_nothing(cloud, openstack, rabbitmq):
    id = create(openstack, "without-broker")
    rabbitmq.kill()
    rabbitmq.start()
    openstack.reaches(id, "ACTIVE")


def test_a_database_killed_in_the_middle_of_a_build_loses_nothing(cloud, openstack, postgres):
    id = create(openstack, "without-database")
    postgres.kill()
    postgres.start()
    until(cloud.answers, within=30, what="the API")
    openstack.reaches(id, "ACTIVE")


def test_every_server_is_deleted_and_nothing_is_left_on_the_cluster(cloud, openstack):
    for row in openstack.json("server", "list"):
        openstack.run("server", "delete", "--wait", row["ID"])
    assert openstack.json("server", "list") == []
    assert '"quarantined": 0' in cloud.manage("queue-inspect", "--json")
