"""How the Ganeti adapter finds an earlier attempt at a command, and what it does when there is none."""

import asyncio

import pytest

from ganeti.rapi import ReplyLost
from ganeti.tests import samples
from ganeti.tests.recorded import InTurn, fault
from logic.backends.tests.desk import JOBS, NIC, SNF7, START, about, adapter, foreign, job_at, ours
from logic.errors import Rejected, Transient
from logic.messages.commands import PlugPort, RebootServer, StartServer


async def test_sent_again_it_finds_the_job_of_the_first_attempt_and_sends_nothing():
    backend, transport = adapter({JOBS: [foreign(8), ours(9), foreign(10)]})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert transport.orders() == []


async def test_sent_again_it_finds_the_job_in_the_archive():
    answers = {JOBS: [foreign(12)], job_at(9): samples.rapi_job(9, samples.op())}
    answers |= {job_at(number): samples.rapi_job(number, samples.op(command="")) for number in (8, 10, 11)}
    backend, transport = adapter(answers)
    assert (await backend.find(StartServer(**about(again=True, since=7)))).job == 9
    assert job_at(7) not in [(one.method, one.path) for one in transport.asked]


async def test_sent_again_and_not_found_it_is_sent():
    backend, transport = adapter({JOBS: [foreign(8)], START: 9})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert len(transport.orders()) == 1


async def test_a_reboot_that_is_not_found_is_not_sent_again():
    backend, transport = adapter({JOBS: [foreign(8)]})
    with pytest.raises(Rejected) as caught:
        await backend.submit(RebootServer(**about(again=True, since=7)))
    assert caught.value.code == "unclear"
    assert transport.orders() == []


async def test_when_the_search_cannot_be_made_nothing_is_sent():
    backend, transport = adapter({JOBS: fault(503, "busy")})
    with pytest.raises(Transient):
        await backend.submit(StartServer(**about(again=True, since=7)))
    assert transport.orders() == []


async def test_a_port_that_is_plugged_already_is_not_plugged_twice():
    backend, transport = adapter({JOBS: [], SNF7: samples.rapi_instance()})
    with pytest.raises(Rejected) as caught:
        await backend.submit(PlugPort(**about(samples.PORT, again=True), nic=NIC))
    assert caught.value.code == "already_exists"
    assert transport.orders() == []


async def test_jobs_from_before_the_first_attempt_are_not_it():
    backend, _ = adapter({JOBS: [ours(7)]})
    assert await backend.find(StartServer(**about(since=7))) is None


async def test_of_two_jobs_of_one_command_the_one_that_works_is_it():
    backend, _ = adapter({JOBS: [ours(8, "error"), ours(9, "success"), ours(10, "running")]})
    assert (await backend.find(StartServer(**about()))).job == 9


async def test_the_search_in_the_archive_has_a_bound(monkeypatch):
    monkeypatch.setattr("logic.backends.ganeti.ARCHIVE_LOOKS", 3)
    answers = {job_at(number): samples.rapi_unknown_job() for number in range(1, 4)}
    backend, transport = adapter({JOBS: [foreign(100)], **answers})
    assert await backend.find(StartServer(**about())) is None
    assert len(transport.asked) == 4


async def test_a_search_survives_one_lost_answer_by_failing_as_a_whole():
    backend, transport = adapter({JOBS: [InTurn(ReplyLost("cut")), InTurn([ours(9)])]})
    with pytest.raises(Transient) as caught:
        await backend.submit(StartServer(**about(again=True)))
    assert not caught.value.unclear
    assert (await backend.submit(StartServer(**about(again=True)))).job == 9
    assert transport.orders() == []


async def test_many_who_look_for_their_jobs_at_the_same_time_ask_for_the_list_once():
    backend, transport = adapter({JOBS: [ours(9)]})
    found = await asyncio.gather(*[backend.find(StartServer(**about(since=7))) for _ in range(50)])
    assert {one.job for one in found} == {9}
    assert len(transport.asked) == 1
