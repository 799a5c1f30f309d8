"""The drill: yesterday's database is restored against today's cluster, on real parts in separate processes."""

import json

import pytest

from synnefo.testing.processes import NotReady, until
from synnefo.testing.realparts import RealCloud
from synnefo.testing.road import OpenStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(400)]
PATIENCE = 60.0


@pytest.fixture(scope="module")
def cloud(postgres, rabbitmq):
    with RealCloud(postgres, rabbitmq) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def openstack(cloud):
    return OpenStack(cloud.clouds)


def create(openstack, name):
    """Made and running."""
    id = openstack.json("server", "create", "--flavor", "m1.small", "--image", "debian-12", name)["id"]
    openstack.reaches(id, "ACTIVE")
    return id


def number(cloud, id):
    """In the name of its instance."""
    return int(json.loads(cloud.manage("server-show", id, "--json"))["instance"].split("-")[1])


def ips(openstack, id):
    """The addresses of a server."""
    return {ip for several in openstack.json("server", "show", id)["addresses"].values() for ip in several}


def strays(cloud):
    """Instances that nobody accounts for."""
    (look,) = json.loads(cloud.manage("reconcile", "--json"))["backends"]
    return {one["instance"]: one["kind"] for one in look["strays"]}


@pytest.fixture(scope="module")
def restored(cloud, openstack):
    """What was there at the time of the backup, what has been made since, and the cloud as it is after the restore."""
    ids = {name: create(openstack, name) for name in ("kept", "deleted-since")}
    cloud.manage("backup", str(cloud.root / "backup"))
    ids["made-since"] = create(openstack, "made-since")
    openstack.run("server", "stop", ids["kept"])
    openstack.reaches(ids["kept"], "SHUTOFF")
    openstack.run("server", "delete", "--wait", ids["deleted-since"])
    ids["came-and-went"] = create(openstack, "came-and-went")
    numbers = {name: number(cloud, id) for name, id in ids.items() if name != "deleted-since"}
    openstack.run("server", "delete", "--wait", ids["came-and-went"])
    addresses = ips(openstack, ids["made-since"])
    with pytest.raises(NotReady, match="other sessions use the database"):
        cloud.manage("restore", str(cloud.root / "backup"), "--replace")
    for part in (cloud.api, *cloud.dispatchers):
        part.stop()
    cloud.manage("restore", str(cloud.root / "backup"), "--replace")
    for part in (*cloud.dispatchers, cloud.api):
        part.start()
    return ids, numbers, addresses


def test_what_has_changed_since_is_seen_by_looking(restored, openstack):
    ids, _, _ = restored
    openstack.reaches(ids["kept"], "SHUTOFF")


def test_what_was_deleted_since_is_not_made_again(restored, openstack):
    ids, _, _ = restored
    openstack.reaches(ids["deleted-since"], "ERROR")


def test_what_was_made_since_is_nobodys_and_left_alone(restored, cloud, openstack):
    ids, numbers, _ = restored
    assert {row["ID"] for row in openstack.json("server", "list")} == {ids["kept"], ids["deleted-since"]}
    assert strays(cloud) == {f"snf-{numbers['made-since']}": "orphan"}


def test_no_name_and_no_address_is_handed_out_twice(restored, cloud, openstack):
    _, numbers, addresses = restored
    until(lambda: not awaited(cloud), within=PATIENCE, what="a complete look at the cluster")
    new = create(openstack, "new")
    assert number(cloud, new) > max(numbers.values())
    assert addresses
    assert not addresses & ips(openstack, new)
    assert strays(cloud) == {f"snf-{numbers['made-since']}": "orphan"}


def awaited(cloud):
    """Is the cluster still to be looked at?"""
    (row,) = json.loads(cloud.manage("backend-list", "--json"))
    return row["state"] != "in use"


def test_what_there_is_goes_on_living(restored, openstack):
    ids, _, _ = restored
    openstack.run("server", "start", ids["kept"])
    openstack.reaches(ids["kept"], "ACTIVE")
    openstack.run("server", "delete", "--wait", ids["deleted-since"])
    assert ids["deleted-since"] not in [row["ID"] for row in openstack.json("server", "list")]
