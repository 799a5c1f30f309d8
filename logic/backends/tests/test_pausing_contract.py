"""Pausing on each kind of cluster (``sites``): on a real one in QEMU, by our hook, which says itself how the guest is."""

import asyncio

import pytest

from ganeti.transport import NotSent
from ganeti.vocabulary import OP_DELETE_TAGS, OP_SET_PARAMS, OP_SET_TAGS, PAUSED_TAG
from logic.backends.tests.sites import asked_for
from logic.backends.tests.test_backend_contract import Desk, again
from logic.backends.tests.test_resizing_contract import chain
from logic.errors import Rejected, Transient
from logic.messages.commands import DeleteServer, PauseServer, RebootServer, StartServer, StopServer

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["transport", "2.16", pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made:
        yield made


@pytest.fixture
async def guest(site):
    """One that runs."""
    made = Desk(site, (await site.backend().facts()).highest_number + 1)
    assert (await made.do(made.create(**site.speaks))).status == "success"
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


class Silent:
    """A node that nobody reaches."""

    def __init__(self, name):
        self._name = name

    def send(self, request):
        raise NotSent(self._name)


def pause(one, *, paused=True):
    return PauseServer(**one.about(), paused=paused)


async def test_a_guest_stands_still_until_it_is_to_go_on(guest):
    command = pause(guest)
    told = await guest.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, OP_SET_PARAMS), told.error
    assert await chain(guest, command) == [(OP_SET_TAGS, "success"), (OP_SET_PARAMS, "success")]
    assert (await guest.seen()).status == "paused"
    back = pause(guest, paused=False)
    assert (await guest.do(back)).status == "success"
    assert await chain(guest, back) == [(OP_DELETE_TAGS, "success"), (OP_SET_PARAMS, "success")]
    assert (await guest.seen()).status == "running"


async def test_what_is_so_already_stays_so(guest):
    assert (await guest.do(pause(guest, paused=False))).status == "success"
    assert (await guest.seen()).status == "running"
    for _ in range(2):
        assert (await guest.do(pause(guest))).status == "success"
        assert (await guest.seen()).status == "paused"


async def test_an_order_whose_reply_was_lost_is_found_again(guest):
    command = pause(guest)
    first = await guest.backend.submit(command)
    assert (await guest.ended(command, first.job)).status == "success"
    assert (await guest.backend.submit(again(command, since=first.job - 2))).job == first.job


async def test_one_that_is_restarted_runs_and_can_be_paused_again(guest):
    await guest.do(pause(guest))
    assert (await guest.do(RebootServer(**guest.about(), hard=True))).status == "success"
    assert (await guest.seen()).status == "running"
    assert (await guest.do(pause(guest))).status == "success"
    assert (await guest.seen()).status == "paused"


async def test_one_that_an_operator_has_go_on_is_seen_to_run(guest):
    await guest.do(pause(guest))
    await guest.site.wake(guest.instance)
    assert (await guest.seen()).status == "running"


async def test_other_changes_of_an_instance_leave_its_guest_as_it_is(guest):
    """Also where an earlier order has left its tag."""
    await guest.do(pause(guest))
    await guest.do(RebootServer(**guest.about(), hard=True))
    client = guest.backend._client
    assert PAUSED_TAG in (await guest.site.offload.call(client.instance, guest.instance)).tags
    await guest.site.offload.call(
        client.modify_booting, guest.instance, {"boot_order": "default"}, reason="an operator"
    )
    for _ in range(200):
        await guest.site.tick()
    assert (await guest.seen()).status == "running"


async def test_one_that_is_down_is_not_paused(guest):
    await guest.do(StopServer(**guest.about(), timeout=1))
    with pytest.raises(Rejected, match="does not run"):
        await guest.backend.submit(pause(guest))


async def test_one_that_a_job_has_just_stopped_is_waited_for(guest):
    await guest.do(StopServer(**guest.about(), timeout=1))
    await guest.backend.submit(StartServer(**guest.about()))
    command = pause(guest)
    with pytest.raises(Transient, match="a job has it"):
        await guest.backend.submit(command)
    async with asyncio.timeout(120):
        while (await guest.seen()).status != "running":
            await guest.site.tick()
    assert (await guest.do(command)).status == "success"


async def test_one_that_is_paused_is_removed_at_once(guest):
    await guest.do(pause(guest))
    assert (await guest.do(DeleteServer(**guest.about(), force=True))).status == "success"
    assert not (await guest.seen()).exists


async def test_a_node_that_does_not_say_leaves_it_open(site, guest):
    if site.is_real:
        pytest.skip("its nodes answer")
    await guest.do(pause(guest))
    site.nodes = Silent
    asker = Desk(site, 0)
    asker.server, asker.instance = guest.server, guest.instance
    assert [((await one.seen()).status, (await one.seen()).vague) for one in (guest, asker)] == [
        ("paused", False),
        ("running", True),
    ]
