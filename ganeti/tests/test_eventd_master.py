"""Of a cluster's master candidates one speaks: the master, as Ganeti's files on that machine say it. Rather two than none."""

import msgspec
import pytest

from ganeti import mastership
from ganeti.mastership import Mastership
from ganeti.tests.desk import until
from ganeti.tests.test_eventd_shown import shown, value  # noqa: F401 - a fixture

HERE, THERE = "node1.example.org", "node2.example.org"


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Write who is the master, and which nodes there are."""
    monkeypatch.setattr(mastership, "EVERY", 0.01)

    def write(master, nodes=(HERE, THERE)):
        (tmp_path / "ssconf_node_list").write_text("\n".join(nodes) + "\n")
        (tmp_path / "ssconf_master_node.new").write_text(f"{master}\n")
        (tmp_path / "ssconf_master_node.new").rename(tmp_path / "ssconf_master_node")

    return write


@pytest.fixture
def asked(tmp_path):
    return Mastership(tmp_path, frozenset({"node1", HERE}))


def test_the_master_speaks_and_another_node_does_not(asked, said):
    said(HERE)
    assert asked.is_ours
    said(THERE)
    assert not asked.is_ours


def test_where_nothing_is_known_it_speaks_rather_than_nobody(asked, said, tmp_path):
    assert asked.is_ours
    said(THERE, nodes=(THERE, "node3.example.org"))  # this machine goes by another name in Ganeti
    assert asked.is_ours
    said(THERE)
    (tmp_path / "ssconf_master_node").write_bytes(b"\xff")
    assert asked.is_ours
    (tmp_path / "ssconf_master_node").unlink()
    assert asked.is_ours


async def test_it_is_silent_until_it_is_the_master_and_tells_then_what_it_has_not(world, asked, said, shown):  # noqa: F811
    said(THERE)
    world.options = msgspec.structs.replace(world.options, mastership=asked)
    world.write(6)
    async with world.listening(), world.daemon():
        # Given a candidate: it says nothing, and is well
        await until(lambda: value("watching") == value("connected") == 1)
        assert await shown("/health") == (200, '{"status":"ok","broker":true,"queue":true}')
        assert (world.told(), value("master")) == ([], 0)
        # When the master fails over to it
        world.write(7)
        said(HERE)
        # Then it tells what is in the queue, and what comes
        await until(lambda: world.ends() == {6, 7})
        world.write(8)
        await until(lambda: world.ends() == {6, 7, 8})
        assert value("master") == 1
        # And when it is the master no more, it is silent again
        said(THERE)
        await until(lambda: value("master") == 0)
        world.write(9)
        said(HERE)
        await until(lambda: world.ends() == {6, 7, 8, 9})
    assert len([one for one in world.told() if one.job == 6]) == 1


async def test_what_it_could_not_tell_while_it_was_the_master_goes_out_afterwards(world, asked, said):
    said(HERE)
    world.options = msgspec.structs.replace(world.options, mastership=asked)
    world.bus.down = True
    async with world.daemon():
        world.write(7)
        await until(lambda: list(world.options.spool_dir.glob("*.op.json")))
        said(THERE)
        await until(lambda: value("master") == 0)
        world.bus.down = False
        async with world.listening():
            await until(lambda: world.ends() == {7})
