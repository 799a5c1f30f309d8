"""Setting a password in a guest on each kind of cluster (``sites``): on a real one by our hook, which asks an API for it, and an
agent in the guest."""

import pytest

from ganeti.vocabulary import OP_SET_PARAMS, OP_SET_TAGS, PASSWORD_TAG
from logic.backends.tests.sites import asked_for
from logic.backends.tests.test_backend_contract import Desk, again
from logic.backends.tests.test_pausing_contract import pause
from logic.backends.tests.test_resizing_contract import chain
from logic.errors import Rejected
from logic.messages.commands import DeleteServer, RebootServer, SetPassword, StartServer, StopServer

pytestmark = pytest.mark.timeout(900)
WORD = "correct horse"


@pytest.fixture(params=["transport", "2.16", pytest.param("real", marks=[pytest.mark.ganeti, pytest.mark.verify])])
async def site(request, tmp_path):
    async with asked_for(request, tmp_path) as made, made.telling():
        yield made


async def made_on(site, **changes):
    made = Desk(site, (await site.backend().facts()).highest_number + 1)
    assert (await made.do(made.create(**site.speaks, **changes))).status == "success"
    return made


@pytest.fixture
async def guest(site):
    """One that runs, and has an agent."""
    made = await made_on(site, agent=True)
    await site.has_agent(made.instance)
    yield made
    if site.is_real and (await made.seen()).exists:
        await made.do(DeleteServer(**made.about(), force=True))


def order(one, *, user="root", password=WORD):
    """The API is asked for it, by the command's id."""
    command = SetPassword(**one.about(), user=user, password="sealed")
    one.site.tell(command.id, {"user": user, "password": password})
    return command


async def test_the_agent_sets_what_the_node_is_told_and_ganeti_never_hears_it(guest):
    command = order(guest)
    told = await guest.do(command)
    assert (told.status, told.command, told.opcode) == ("success", command.id, OP_SET_PARAMS), told.error
    assert await chain(guest, command) == [(OP_SET_TAGS, "success"), (OP_SET_PARAMS, "success")]
    assert await guest.site.is_password(guest.instance, "root", WORD)
    client = guest.backend._client
    assert f"{PASSWORD_TAG}{command.id}" in (await guest.site.offload.call(client.instance, guest.instance)).tags
    assert (await guest.do(order(guest, password="another word"))).status == "success"
    assert await guest.site.is_password(guest.instance, "root", "another word")


async def test_an_order_whose_reply_was_lost_is_found_again(guest):
    command = order(guest)
    first = await guest.backend.submit(command)
    assert (await guest.ended(command, first.job)).status == "success"
    assert (await guest.backend.submit(again(command, since=first.job - 2))).job == first.job


async def test_what_the_agent_cannot_do_fails_the_job_with_a_sentence(guest):
    told = await guest.do(order(guest, user="nobody-here"))
    assert told.status == "error"
    assert "snf-password-hook: the guest's agent could not set the password of nobody-here" in told.error
    assert WORD not in told.error


async def test_one_that_was_paused_before_it_restarted_runs_on(guest):
    """The tag of before is no wish any more; and a tag of a password is none when the next one pauses."""
    await guest.do(pause(guest))
    assert (await guest.do(RebootServer(**guest.about(), hard=True))).status == "success"
    await guest.site.has_agent(guest.instance)
    assert (await guest.do(order(guest))).status == "success"
    assert (await guest.seen()).status == "running"
    assert (await guest.do(pause(guest))).status == "success"
    assert (await guest.seen()).status == "paused"


async def test_a_guest_that_was_made_without_has_one_after_its_next_start(site):
    made = await made_on(site)
    told = await made.do(order(made))
    assert (told.status, "stop and start it first" in told.error) == ("error", True)
    await made.do(StopServer(**made.about(), timeout=1))
    await made.do(StartServer(**made.about()))
    await site.has_agent(made.instance)
    assert (await made.do(order(made))).status == "success"
    assert (await made.do(DeleteServer(**made.about(), force=True))).status == "success"


async def test_in_one_that_is_down_none_is_set(guest):
    await guest.do(StopServer(**guest.about(), timeout=1))
    with pytest.raises(Rejected, match="does not run"):
        await guest.backend.submit(order(guest))
