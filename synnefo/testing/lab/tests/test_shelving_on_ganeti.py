"""Servers that leave a real Ganeti as an image, and are made on it again: their guests find on their disks what they wrote.

The whole chain of docs/decisions/0048, its disks brought to the cloud by the node. Its steps one by one, and what may fail in
between, are in ``synnefo/api/compute/tests/test_offloading.py``; what a cluster makes of each in the contract tests of backends.
"""

import re

import pytest

from ganeti.vocabulary import volume_tag
from synnefo.testing.embedded import EmbeddedCloud
from synnefo.testing.lab import ours
from synnefo.testing.processes import until
from synnefo.testing.road import OpenStack

pytestmark = [pytest.mark.ganeti, pytest.mark.verify, pytest.mark.timeout(900)]
PATIENCE = 240.0  # seconds until a guest has said it
MADE = ("--flavor", "m1.tiny", "--wait")
SCRIPT = r"""#!/bin/sh
# Says of each disk but the small one of its metadata how large it is and what is on it, and writes there.
for disk in /dev/vd?; do
	size=$(($(cat /sys/block/${disk#/dev/}/size) / 2048))
	[ $size -gt 64 ] || continue
	printf '%s:%s,' $size "$(dd if=$disk bs=1M skip=600 count=1 2>/dev/null | head -c 16 | tr -cd 'a-z0-9-')"
	printf 'kept-%s' $size | dd of=$disk bs=1M seek=600 conv=notrunc 2>/dev/null
done
sync
"""


@pytest.fixture(scope="module")
def tenant(ganeti, tmp_path_factory):
    """The user of a cloud whose nodes bring it what is on disks."""
    place = tmp_path_factory.mktemp("cluster") / "cluster.json"
    ours.write_place(ganeti, place, ours.interfaces(ganeti))
    settings = {**ours.SETTINGS, "NODES_BRING_DISKS": "true"}
    try:
        with EmbeddedCloud("--ganeti", str(place), settings=settings) as made:
            yield OpenStack(made.clouds)
    finally:
        ours.no_interfaces(ganeti)


@pytest.fixture
def script(tmp_path):
    """What guests are told to run."""
    (tmp_path / "script").write_text(SCRIPT)
    return ("--user-data", str(tmp_path / "script"))


def instances(ganeti):
    """The cluster's: name and tags."""
    told = ganeti.master.run("gnt-instance", "list", "--no-headers", "--separator=|", "-o", "name,tags")
    return dict(line.split("|", 1) for line in told.splitlines())


def instance_of(ganeti, server):
    (name,) = [name for name, tags in instances(ganeti).items() if server["id"] in tags]
    return name


def keepers(ganeti, volume):
    return [name for name, tags in instances(ganeti).items() if volume_tag(volume["id"]) in tags]


def says(tenant, server, what):
    """Wait until its guest has said it on its console."""

    def said():
        return re.search(what, tenant.run("console", "log", "show", server["id"]))

    until(said, within=PATIENCE, what=what)


def images(tenant):
    return {row["Name"] for row in tenant.json("image", "list") if row["Name"].endswith("-shelved")}


def shelved(ganeti, tenant, server):
    """It is on no cluster when it is said to be away."""
    before = instance_of(ganeti, server)
    tenant.run("server", "shelve", "--wait", server["id"])
    tenant.reaches(server["id"], "SHELVED_OFFLOADED")
    assert before not in instances(ganeti)
    return before


def test_a_shelved_server_is_made_again_with_what_its_guest_wrote_on_its_disk_and_its_volume(ganeti, tenant, script):
    # Given a server with a port and a volume of its own, whose guest writes on both of its disks
    volume = tenant.json("volume", "create", "--size", "2", "data")
    tenant.holds("data", "available")
    port = tenant.json("port", "create", "--network", "default", "door")
    more = ("--block-device", f"uuid={volume['id']},source_type=volume,destination_type=volume")
    server = tenant.json(
        "server", "create", *MADE, "--image", ours.IMAGE, "--port", port["id"], *more, *script, "moved"
    )
    says(tenant, server, "user-data ended with 0: 1024:,2048:,")
    # When it is shelved, then it leaves as an image that nobody removes by mistake, and its volume is kept
    before = shelved(ganeti, tenant, server)
    image = tenant.json("image", "show", "moved-shelved")
    assert (image["status"], image["protected"]) == ("active", True)
    assert len(keepers(ganeti, volume)) == 1
    assert tenant.json("volume", "show", "data")["status"] == "in-use"
    assert [row["Volume ID"] for row in tenant.json("server", "volume", "list", server["id"])] == [volume["id"]]
    # When it is taken up again, then its guest finds all of it at the address that it had
    tenant.run("server", "unshelve", "--wait", server["id"])
    tenant.reaches(server["id"], "ACTIVE")
    says(tenant, server, "user-data ended with 0: 1024:kept-1024,2048:kept-2048,")
    address = port["fixed_ips"][0]["ip_address"]
    says(tenant, server, re.escape(f"eth0[{port['mac_address']}]={address}/"))
    assert address in str(tenant.json("server", "show", server["id"])["addresses"])
    # And it is another instance, with the volume on it, and the image is gone
    assert instance_of(ganeti, server) != before
    assert keepers(ganeti, volume) == []
    until(lambda: "moved-shelved" not in images(tenant), within=PATIENCE, what="the end of the image")
    tenant.run("server", "delete", "--wait", server["id"])
    tenant.holds("data", "available")
    tenant.run("volume", "delete", "data")
    tenant.run("port", "delete", "door")


def test_one_that_boots_from_a_volume_leaves_without_an_image_and_boots_from_it_again(ganeti, tenant, script):
    volume = tenant.json("volume", "create", "--image", ours.IMAGE, "--size", "2", "--bootable", "system")
    tenant.holds("system", "available")
    server = tenant.json("server", "create", *MADE, "--volume", "system", "--nic", "none", *script, "rooted")
    says(tenant, server, "user-data ended with 0: 2048:,")
    before = shelved(ganeti, tenant, server)
    assert len(keepers(ganeti, volume)) == 1
    assert "rooted-shelved" not in images(tenant)
    tenant.run("server", "unshelve", "--wait", server["id"])
    tenant.reaches(server["id"], "ACTIVE")
    says(tenant, server, "user-data ended with 0: 2048:kept-2048,")
    assert instance_of(ganeti, server) != before
    tenant.run("server", "delete", "--wait", server["id"])
    tenant.holds("system", "available")
    tenant.run("volume", "delete", "system")


def test_one_that_is_deleted_while_it_is_away_leaves_nothing(ganeti, tenant):
    server = tenant.json("server", "create", *MADE, "--image", ours.IMAGE, "--nic", "none", "gone")
    shelved(ganeti, tenant, server)
    assert "gone-shelved" in images(tenant)
    tenant.run("server", "delete", "--wait", server["id"])
    until(lambda: "gone-shelved" not in images(tenant), within=PATIENCE, what="the end of the image")
    assert not [tags for tags in instances(ganeti).values() if server["id"] in tags]
