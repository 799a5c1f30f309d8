"""Which cluster could take a server, by what is known of it: what is not known fits, and a full one does not."""

import pytest

from logic.placement.fitting import Needs, Promised, best, fits
from logic.placement.models import Backend

GIB = 1024


def cluster(pk=1, **known):
    """Two nodes with 8 GiB of memory and 100 of disk each, half of it free, 8 cores in all."""
    room = {
        "name": f"c{pk}", "nodes": 2, "memory_total": 16 * GIB, "memory_free": 8 * GIB, "memory_largest": 4 * GIB,
        "disk_total": 200 * GIB, "disk_free": 100 * GIB, "disk_largest": 60 * GIB, "cores": 8, "vcpu_ratio": 4.0,
        "vcpus_used": 16, "disk_templates": "plain drbd diskless", "disk_template": "plain",
    }  # fmt: skip
    return Backend(pk=pk, **room | known)


def needs(**asked):
    return Needs(**{"memory": GIB, "disk": 10 * GIB, "vcpus": 2} | asked)


def test_a_server_fits_where_there_is_room():
    assert fits(cluster(), needs())


@pytest.mark.parametrize(
    ("why", "asked", "known"),
    [
        ("memory of one node", {"memory": 5 * GIB}, {}),
        ("memory", {"memory": 3 * GIB, "count": 3}, {}),
        ("disk of one node", {"disk": 70 * GIB}, {}),
        ("disk", {"disk": 40 * GIB, "count": 3}, {}),
        ("mirrored disk takes twice", {"disk": 60 * GIB, "template": "drbd"}, {}),
        ("cores", {"vcpus": 17}, {}),
        ("cores of all", {"vcpus": 4, "memory": 1, "disk": 1, "count": 5}, {}),
        ("disk template that the flavor asks for", {"template": "rbd"}, {}),
        ("disk template of the cluster is not enabled any more", {}, {"disk_template": "file"}),
        ("a mirror takes two nodes", {"template": "drbd"}, {"nodes": 1}),
        ("every node is drained or offline", {}, {"nodes": 0, "memory_total": 0, "disk_total": 0, "cores": 0}),
    ],
)
def test_a_server_does_not_fit_for_want_of(why, asked, known):
    assert not fits(cluster(**known), needs(**asked))


@pytest.mark.parametrize(
    "known",
    [
        {"nodes": None, "memory_total": 0, "disk_total": 0, "cores": 0, "disk_templates": ""},
        {"vcpu_ratio": 0.0, "vcpus_used": 10_000},
        {"disk_total": 0, "disk_free": 0, "disk_largest": 0},
        {"memory_largest": 0, "disk_largest": 0},
    ],
)
def test_what_is_not_known_fits(known):
    assert fits(cluster(**known), needs())


@pytest.mark.parametrize("template", ["sharedfile", "rbd", "diskless"])
def test_the_disks_of_nodes_say_nothing_of_storage_that_they_share(template):
    assert fits(cluster(disk_templates=template, disk_free=1, disk_largest=1), needs(template=template))


def test_a_server_without_a_disk_asks_for_no_template():
    assert fits(cluster(disk_template="file", disk_free=0, disk_largest=0), needs(disk=0))


def test_what_was_promised_since_is_not_promised_again():
    assert not fits(cluster(), needs(memory=2 * GIB), Promised(memory=7 * GIB))
    assert not fits(cluster(), needs(), Promised(disk=95 * GIB))
    assert not fits(cluster(), needs(), Promised(vcpus=15))


def test_the_one_with_the_most_memory_left_is_taken_then_the_first_by_name():
    rows = [cluster(1), cluster(2, memory_free=9 * GIB), cluster(3)]
    assert best(rows, needs(), {}).name == "c2"
    assert best(rows, needs(), {2: Promised(memory=3 * GIB)}).name == "c1"


def test_several_go_where_there_is_room_for_all_else_where_the_first_fits():
    rows = [cluster(1, disk_free=20 * GIB, memory_free=9 * GIB), cluster(2)]
    assert best(rows, needs(count=4), {}).name == "c2"
    assert best(rows, needs(count=40), {}).name == "c1"


def test_when_nothing_fits_there_is_none():
    assert best([cluster()], needs(memory=5 * GIB), {}) is None
