"""The lookout scrapes what answers, and remembers what was up."""

import asyncio

import pytest

from logic import clock
from logic.listener import Page, listening
from logic.offload import Threads
from synnefo.chaos import lookout
from synnefo.chaos.history import History
from synnefo.chaos.lookout import Lookout, Target


@pytest.fixture
async def scene(monkeypatch):
    """A program whose ``/metrics`` a test decides, and somebody who looks on."""
    monkeypatch.setattr(lookout, "EVERY", 0.01)
    said = {"text": b"synnefo_bus_connected 1\n"}

    async def metrics(_within):
        return Page(200, "text/plain", said["text"])

    offload = Threads(readers=1, writers=1, callers=2)
    async with listening("127.0.0.1", 0, {"/metrics": metrics}) as port:
        looking = Lookout({"one": Target("synnefo-dispatcher", port)}, offload, History())
        task = asyncio.create_task(looking.run())
        yield said, looking
        task.cancel()
    offload.close()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_an_alert_is_up_while_its_cause_lasts_and_remembered_afterwards(scene):
    said, looking = scene
    before = clock.monotonic()
    said["text"] = b"synnefo_bus_connected 0\n"
    await until(lambda: looking.up == {"SynnefoBrokerAway"})
    assert await looking.cleared(0.02) == {"SynnefoBrokerAway"}
    said["text"] = b"synnefo_bus_connected 1\n"
    assert await looking.cleared(20) == set()
    assert looking.since(before) == {"SynnefoBrokerAway"}
    assert looking.since(clock.monotonic()) == set()


async def test_what_is_kept_for_an_operator_need_not_clear(scene):
    said, looking = scene
    said["text"] = b"synnefo_quarantined_messages 3\n"
    await until(lambda: looking.up == {"SynnefoQuarantine"})
    assert await looking.cleared(5) == set()
