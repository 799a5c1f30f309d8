"""How the Ganeti adapter finds an earlier attempt at a command, and what it does when there is none."""

import asyncio

import pytest

from ganeti.rapi import ReplyLost
from ganeti.tests import samples
from ganeti.tests.recorded import InTurn, fault
from logic import decoding
from logic.backends.tests.desk import LOOKED_FOR, NIC, SNF7, START, about, adapter, foreign, ours, queue
from logic.errors import Rejected, Transient
from logic.messages.commands import PlugPort, RebootServer, StartServer


async def test_sent_again_it_finds_the_job_of_the_first_attempt_and_sends_nothing():
    backend, transport = adapter({LOOKED_FOR: queue(foreign(8), ours(9), foreign(10))})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert transport.orders() == []


async def test_sent_again_it_finds_the_job_in_the_archive():
    backend, transport = adapter({LOOKED_FOR: queue(foreign(12), archived=[foreign(8), ours(9), foreign(10)])})
    assert (await backend.find(StartServer(**about(again=True, since=7)))).job == 9
    assert len(transport.asked) == 1, "however many there are in between"


async def test_sent_again_and_not_found_it_is_sent():
    backend, transport = adapter({LOOKED_FOR: queue(foreign(8)), START: 9})
    assert (await backend.submit(StartServer(**about(again=True, since=7)))).job == 9
    assert len(transport.orders()) == 1


async def test_a_reboot_that_is_not_found_is_not_sent_again():
    backend, transport = adapter({LOOKED_FOR: queue(foreign(8))})
    with pytest.raises(Rejected) as caught:
        await backend.submit(RebootServer(**about(again=True, since=7)))
    assert caught.value.code == "unclear"
    assert transport.orders() == []


async def test_when_the_search_cannot_be_made_nothing_is_sent():
    backend, transport = adapter({LOOKED_FOR: fault(503, "busy")})
    with pytest.raises(Transient):
        await backend.submit(StartServer(**about(again=True, since=7)))
    assert transport.orders() == []


async def test_a_port_that_is_plugged_already_is_not_plugged_twice():
    backend, transport = adapter({LOOKED_FOR: queue(), SNF7: samples.rapi_instance()})
    with pytest.raises(Rejected) as caught:
        await backend.submit(PlugPort(**about(samples.PORT, again=True), nic=NIC))
    assert caught.value.code == "already_exists"
    assert transport.orders() == []


async def test_jobs_from_before_the_first_attempt_are_not_it():
    backend, _ = adapter({LOOKED_FOR: queue(ours(7))})
    assert await backend.find(StartServer(**about(since=7))) is None


async def test_of_two_jobs_of_one_command_the_one_that_works_is_it():
    backend, _ = adapter({LOOKED_FOR: queue(ours(8, "error"), ours(9, "success"), ours(10, "running"))})
    assert (await backend.find(StartServer(**about()))).job == 9


async def test_only_jobs_since_the_first_attempt_are_asked_for():
    backend, transport = adapter({LOOKED_FOR: queue(*map(foreign, range(1, 100)), ours(100))})
    assert (await backend.find(StartServer(**about(since=98)))).job == 100
    assert decoding.decode(transport.asked[0].body)["qfilter"] == [">", "id", 98]


async def test_a_job_that_makes_no_sense_hides_no_other():
    strange = ours(8) | {"opstatus": ["dreaming"]}
    backend, _ = adapter({LOOKED_FOR: queue(strange, ours(9) | {"ops": 7}, ours(10))})
    assert (await backend.find(StartServer(**about()))).job == 10


async def test_a_search_survives_one_lost_answer_by_failing_as_a_whole():
    backend, transport = adapter({LOOKED_FOR: [InTurn(ReplyLost("cut")), InTurn(queue(ours(9)))]})
    with pytest.raises(Transient) as caught:
        await backend.submit(StartServer(**about(again=True)))
    assert not caught.value.unclear
    assert (await backend.submit(StartServer(**about(again=True)))).job == 9
    assert transport.orders() == []


async def test_many_who_look_for_their_jobs_at_the_same_time_ask_once_and_nobody_gets_one_from_before_its_first_attempt():
    backend, transport = adapter({LOOKED_FOR: queue(ours(5), ours(9))})
    found = await asyncio.gather(*[backend.find(StartServer(**about(since=since))) for since in (7, 4, 9, 8)])
    assert [one and one.job for one in found] == [9, 5, None, 9]
    assert [decoding.decode(one.body)["qfilter"][2] for one in transport.asked] == [4]


async def test_who_looks_later_is_not_told_of_longer_ago_than_it_asks():
    backend, transport = adapter({LOOKED_FOR: queue(ours(9))})
    for since in (3, 8):
        await backend.find(StartServer(**about(since=since)))
    assert [decoding.decode(one.body)["qfilter"][2] for one in transport.asked] == [3, 8]
