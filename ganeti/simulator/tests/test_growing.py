"""An instance that is made larger: its disks at once, its memory and processors with the next start."""

import pytest

from ganeti.simulator.tests.lab import Lab

MISSING = "This change will prevent the instance from starting, due to {} MB of memory missing on its primary node"


def grow(lab, disk=0, **given):
    """How growing a disk ends."""
    return lab.result(lab.order("POST", f"/2/instances/web1/disk/{disk}/grow", given))


def resize(lab, **beparams):
    return lab.result(lab.order("PUT", "/2/instances/web1/modify", {"beparams": beparams}))


def has(lab):
    """What its guest has."""
    found = lab.instance()
    return found["oper_ram"], found["oper_vcpus"]


def test_a_disk_grows_by_so_much_or_to_so_much(one):
    (before,) = one.instance()["disk.sizes"]
    assert grow(one, amount=64) == ("success", None)
    assert one.instance()["disk.sizes"] == [before + 64]
    assert grow(one, amount=before + 100, absolute=True) == ("success", None)
    assert one.instance()["disk.sizes"] == [before + 100]
    assert grow(one, amount=before + 100, absolute=True) == ("success", None)


def test_a_disk_is_never_made_smaller(one):
    (before,) = one.instance()["disk.sizes"]
    status, (kind, (text, code)) = grow(one, amount=before - 1, absolute=True)
    assert (status, kind, code) == ("error", "OpPrereqError", "wrong_state")
    assert "smaller than current disk size" in text
    assert one.instance()["disk.sizes"] == [before]


@pytest.mark.parametrize(
    "body", [{}, {"amount": "much"}, {"amount": -1}, {"amount": 64, "disk": 0}, {"amount": 64, "speed": 1}]
)
def test_what_makes_no_sense_is_not_taken(one, body):
    assert one.send("POST", "/2/instances/web1/disk/0/grow", body).status == 400


def test_a_disk_that_is_not_there_is_an_error(one):
    status, (kind, (text, code)) = grow(one, disk=7, amount=64)
    assert (status, kind, code) == ("error", "OpPrereqError", "wrong_input")
    assert text.startswith("Invalid disk index: 7")
    assert one.send("POST", "/2/instances/web1/disk/99999999999999999999/grow", {"amount": 64}).status == 400


def test_a_guest_has_its_new_size_when_its_machine_is_made_anew(one):
    before = has(one)
    assert resize(one, minmem=1024, maxmem=1024, vcpus=4)[0] == "success"
    assert has(one) == before
    one.result(one.order("POST", "/2/instances/web1/reboot", {}, type="soft"))
    assert has(one) == before
    one.result(one.order("POST", "/2/instances/web1/reboot", {}, type="hard"))
    assert has(one) == (1024, 4)


def test_memory_that_its_node_lacks_is_refused_and_that_of_the_guest_counts_as_free(one: Lab):
    room = one.ask("GET", "/2/nodes/node1")["mfree"] + has(one)[0]
    status, (kind, said) = resize(one, minmem=room + 1, maxmem=room + 1)
    assert (status, kind, said) == ("error", "OpPrereqError", [MISSING.format(1), "insufficient_resources"])
    assert resize(one, minmem=room, maxmem=room)[0] == "success"
    assert resize(one, minmem=64, maxmem=64)[0] == "success"
