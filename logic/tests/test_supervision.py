"""What a supervisor is told, on a real socket."""

import asyncio
import socket

import pytest

from logic import clock, supervision
from logic.supervision import Supervisor, supervised
from logic.testing.supervising import Listener


@pytest.fixture
def listener(tmp_path):
    with Listener(tmp_path / "notify") as listener:
        yield listener


@pytest.fixture
def supervisor(listener):
    return Supervisor.of(listener.environment)


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    for name in ("STARTING", "BEAT"):
        monkeypatch.setattr(supervision, name, 0.01)


async def heard(listener, line, times=1):
    async with asyncio.timeout(20):
        while listener.told.count(line) < times:  # noqa: ASYNC110 - a datagram rings no bell of ours
            await asyncio.sleep(0)


async def test_a_process_is_ready_when_all_it_needs_is_there_and_not_before(listener, supervisor):
    facts = {"database": False, "broker": True}
    async with supervised(supervisor, lambda: facts):
        await heard(listener, "STATUS=Waiting for: database")
        assert "READY=1" not in listener.told
        facts["database"] = True
        await heard(listener, "READY=1")
    assert listener.told.index("READY=1") < listener.told.index("STATUS=Serving")


async def test_while_it_waits_it_asks_for_more_time_and_once_it_serves_no_more(listener, supervisor):
    facts = {"database": False}
    more = "EXTEND_TIMEOUT_USEC=30000000"
    async with supervised(supervisor, lambda: facts):
        await heard(listener, more, times=2)
        facts["database"] = True
        await heard(listener, "READY=1")
        asked = listener.told.count(more)
        await heard(listener, "STATUS=Serving", times=3)
        assert listener.told.count(more) == asked


async def test_what_goes_away_later_is_told_and_does_not_make_it_start_anew(listener, supervisor):
    facts = {"broker": True}
    async with supervised(supervisor, lambda: facts):
        await heard(listener, "READY=1")
        facts["broker"] = False
        await heard(listener, "STATUS=Waiting for: broker")
        facts["broker"] = True
        await heard(listener, "STATUS=Serving", times=2)
    assert listener.told.count("READY=1") == 1


async def test_a_loop_that_stands_still_is_not_said_to_turn(listener, supervisor):
    async with supervised(supervisor, dict):
        await heard(listener, "WATCHDOG=1", times=3)
        before = len(listener.told)
        ended = clock.monotonic() + 10 * supervision.BEAT
        while clock.monotonic() < ended:
            pass
        assert len(listener.told) == before
        await heard(listener, "WATCHDOG=1", times=before)


async def test_one_that_stops_says_so_last_and_turns_on(listener, supervisor):
    async with supervised(supervisor, dict):
        await heard(listener, "READY=1")
        supervisor.stopping()
        before = listener.told.count("WATCHDOG=1")
        await heard(listener, "WATCHDOG=1", times=before + 2)
    assert [line for line in listener.told if "STATUS" in line][-1] == "STATUS=Finishing what is under way"
    assert "STOPPING=1" in listener.told


async def test_readiness_that_was_not_taken_is_told_again(tmp_path):
    supervisor = Supervisor(str(tmp_path / "later"))
    supervisor.turned({})
    with Listener(tmp_path / "later") as listener:
        supervisor.turned({})
        assert listener.has("READY=1")


def test_a_name_that_is_no_path_is_understood():
    name = f"synnefo-{clock.new_token(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0{name}")
        heard.setblocking(False)
        Supervisor(f"@{name}").turned({})
        assert b"READY=1" in heard.recv(4096)


async def test_nobody_is_told_where_nobody_supervises():
    asked = []
    async with supervised(Supervisor.of({}), lambda: asked.append(1) or {}):
        await asyncio.sleep(0)
    assert asked == []


def test_children_are_not_told_of_it(listener):
    environment = {**listener.environment, "PATH": "/bin"}
    assert Supervisor.of(environment)
    assert environment == {"PATH": "/bin"}
