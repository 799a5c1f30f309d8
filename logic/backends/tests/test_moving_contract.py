"""Moving a server to another node on each kind of cluster: the real one has three, and the hypervisor that only pretends."""

import functools

import pytest

from ganeti.simulator.settings import NodeSpec
from ganeti.vocabulary import OP_FAILOVER, OP_MIGRATE
from logic.backends.tests import sites
from logic.backends.tests.test_backend_contract import Desk, again
from logic.errors import Rejected
from logic.messages.commands import DeleteServer, MoveServer, StopServer

PLACES = tuple(NodeSpec(name=f"node{number}") for number in (1, 2, 3))
SHARED = ("sharedfile", "file")
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["transport", "2.16", pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    kinds = {"transport": sites.DEBIANS, "2.16": "2.16.2"}
    inside = functools.partial(sites.inside, nodes=PLACES, disk_templates=SHARED)
    lab = request.getfixturevalue("ganeti_of_three") if request.param == "real" else None
    async with sites.real(lab) if lab else inside(tmp_path, kinds[request.param]) as made:
        yield made
    sites.compared(made)


@pytest.fixture
async def guest(site):
    """A running server, on no node that is the master."""
    made = Desk(site, (await site.backend().facts()).highest_number + 1)
    assert (await made.do(made.create(disk_template="sharedfile"))).status == "success"
    if await place(made) == (await master(site)):
        await made.do(move(made))
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


def move(one, **how):
    return MoveServer(**one.about(), **{"timeout": 1, **how})


async def place(one):
    return (await one.seen()).node


async def master(site):
    return (await site.offload.call(site.backend()._client.node_names))[0]


async def give_up(site, node):
    """Its operator marks it offline."""
    if site.is_real:
        await site._gnt("gnt-node", "modify", "-O", "yes", node)
    else:
        site.simulator.give_up_node(node)


@pytest.mark.parametrize(("live", "opcode"), [(True, OP_MIGRATE), (False, OP_FAILOVER)])
async def test_a_server_that_is_moved_runs_on_another_node(guest, live, opcode):
    before, command = await place(guest), move(guest, live=live)
    told = await guest.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, opcode)
    after = await guest.seen()
    assert after.node != before
    assert (after.status, after.owner) == ("running", guest.server)


async def test_one_that_is_down_is_moved_cold_and_stays_down(guest):
    await guest.do(StopServer(**guest.about(), timeout=1))
    before = await place(guest)
    live = await guest.do(move(guest, live=True))
    assert (live.status, live.error_code) == ("error", "wrong_state")
    assert (await place(guest), (await guest.seen()).status) == (before, "stopped")
    assert (await guest.do(move(guest))).status == "success"
    assert await place(guest) != before
    assert (await guest.seen()).status == "stopped"


@pytest.mark.parametrize("live", [True, False])
async def test_one_whose_disks_are_on_one_node_stays_as_it_was(site, live):
    one = Desk(site, (await site.backend().facts()).highest_number + 1)
    assert (await one.do(one.create(disk_template="file"))).status == "success"
    before = await place(one)
    told = await one.do(move(one, live=live))
    assert (told.status, told.error_code) == ("error", "wrong_state")
    assert "does not allow" in told.error
    assert (await place(one), (await one.seen()).status) == (before, "running")
    await one.do(DeleteServer(**one.about(), force=True))


async def test_a_move_that_was_ordered_is_found_again_and_not_made_twice(guest):
    command = move(guest, live=True)
    first = await guest.backend.submit(command)
    assert (await guest.ended(command, first.job)).status == "success"
    after = await place(guest)
    assert (await guest.backend.submit(again(command, since=first.job - 1))).job == first.job
    assert await place(guest) == after


@pytest.mark.parametrize(("start", "after"), [(True, "running"), (False, "stopped")])
async def test_what_is_on_a_node_that_was_given_up_goes_to_another(guest, start, after):
    with pytest.raises(Rejected, match="in use"):
        await guest.backend.submit(move(guest, lost=True))
    before = await place(guest)
    await give_up(guest.site, before)
    assert ((await guest.seen()).status, (await guest.seen()).why) == ("crashed", "node")
    told = await guest.do(move(guest, lost=True, start=start))
    assert (told.status, told.opcode) == ("success", OP_FAILOVER)
    seen = await guest.seen()
    assert seen.node != before
    assert seen.status == after
