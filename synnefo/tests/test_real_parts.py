"""The cloud on PostgreSQL and RabbitMQ, in separate processes, used with the real client and shot at."""

import re

import pytest

from synnefo.testing.alerts import Watch, rules
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


def test_one_create_is_followed_through_every_program_by_one_grep(cloud, openstack):
    id = create(openstack, "followed")
    openstack.reaches(id, "ACTIVE")
    (recorded,) = [line for line in cloud.lines(id)["api"] if "command.recorded" in line]
    request, command = (re.search(rf"{name}=(\S+)", recorded)[1] for name in ("request", "command"))

    until(lambda: any("command.settled" in line for line in road(cloud, command)), within=20, what="the end of it")
    found = road(cloud, command)
    (sent,) = [line for line in found if "command.sent" in line]
    (settled,) = [line for line in found if "command.settled" in line]
    told = [line for line in found if "eventd.told" in line]
    job = re.search(r"job=(\d+)", sent)[1]
    assert job != "0"
    assert f"request={request}" in sent
    assert all(f"job={job}" in line for line in (settled, *told))
    event = re.search(r"event_id=([0-9a-f]+)", settled)[1]
    assert any(f"event_id={event}" in line for line in told)


def road(cloud, command):
    """The lines of API, dispatchers and event daemon with a command's id."""
    return [line for lines in cloud.lines(command).values() for line in lines]


def test_each_process_shows_how_it_is_and_no_alert_is_up_while_all_is_well(cloud):
    watch = Watch(rules(), haste=20)
    until(lambda: cloud.watch(watch) == set(), within=30, what="peace")


def test_the_right_alert_rises_for_a_process_that_is_gone_and_clears(cloud):
    watch = Watch(rules(), haste=20)
    cloud.dispatchers[0].kill()
    until(lambda: "SynnefoProcessDown" in cloud.watch(watch), within=30, what="the alert")
    cloud.dispatchers[0].start()
    until(lambda: cloud.watch(watch) == set(), within=30, what="its end")


def test_the_right_alerts_rise_for_a_broker_that_is_gone_and_clear(cloud, rabbitmq):
    watch = Watch(rules(), haste=20)
    rabbitmq.kill()
    until(lambda: {"SynnefoBrokerAway", "SynnefoEventdSilent"} <= cloud.watch(watch), within=30, what="the alerts")
    assert "SynnefoDatabaseAway" not in watch.names()
    rabbitmq.start()
    until(lambda: cloud.watch(watch) == set(), within=90, what="their end")


def test_the_right_alert_rises_for_a_database_that_is_gone_and_clears(cloud, postgres):
    watch = Watch(rules(), haste=20)
    postgres.kill()
    until(lambda: "SynnefoDatabaseAway" in cloud.watch(watch), within=30, what="the alert")
    assert "SynnefoBrokerAway" not in watch.names()
    postgres.start()
    until(lambda: cloud.watch(watch) == set(), within=90, what="its end")


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
