"""What an event daemon shows of itself: health, numbers, and a line for each event, with the ids that link it."""

import socket

import msgspec
import pytest
import structlog
from prometheus_client import REGISTRY

from ganeti.tests import samples
from ganeti.tests.desk import until
from logic.tests.test_listener import get


def value(name, **labels):
    return REGISTRY.get_sample_value(f"synnefo_eventd_{name}", {"cluster": "alpha", **labels}) or 0.0


@pytest.fixture
def shown(world):
    """The daemon with a port; what a path of it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    world.options = msgspec.structs.replace(world.options, metrics_port=port)

    async def ask(path):
        head, _, body = (await get(port, path)).partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    return ask


async def test_it_is_healthy_while_the_broker_takes_what_it_tells_and_the_queue_is_there(world, shown):
    async with world.listening(), world.daemon():
        await until(lambda: value("connected") == 1)
        assert await shown("/health") == (200, '{"status":"ok","broker":true,"queue":true}')
        world.bus.down = True
        await until(lambda: value("connected") == 0)
        assert (await shown("/health"))[0] == 503
        world.bus.down = False
        await until(lambda: value("connected") == 1)
        assert (await shown("/health"))[0] == 200


async def test_what_waits_in_the_spool_is_counted_and_goes(world, shown):
    world.bus.down = True
    async with world.daemon():
        world.write(7)
        await until(lambda: value("spooled") > 0)
        world.bus.down = False
        async with world.listening():
            await until(lambda: value("spooled") == 0 and world.ends() == {7})
        assert 'synnefo_eventd_told_total{cluster="alpha",subject="op"}' in (await shown("/metrics"))[1]


async def test_a_queue_that_cannot_be_watched_is_seen(world, shown, monkeypatch):
    monkeypatch.setattr("ganeti.eventd.AGAIN", 0.02)

    def gone():
        raise OSError("the queue is gone")

    opened, world.opened = world.opened, gone
    async with world.daemon():
        await until(lambda: value("connected") == 1 or value("failures_total") > 0)
        assert value("watching") == 0
    world.opened = opened
    async with world.listening(), world.daemon():
        await until(lambda: value("watching") == 1)
    assert value("watching") == 0


async def test_without_a_port_nothing_listens(world):
    assert world.options.metrics_port == 0
    async with world.listening(), world.daemon():
        await until(lambda: value("connected") == 1)


async def test_a_file_that_cannot_be_understood_is_counted(world):
    before = value("unreadable_total")
    (world.queue / "job-3").write_bytes(b"{")
    async with world.listening(), world.daemon():
        await until(lambda: value("unreadable_total") == before + 1)


async def test_each_event_told_is_a_line_with_its_command_job_and_key(world):
    with structlog.testing.capture_logs() as lines:
        world.write(7, samples.op(command="c0ffee"))
        async with world.listening(), world.daemon():
            await until(lambda: world.ends() == {7})
            await until(lambda: any(line["event"] == "eventd.told" for line in lines))
    (line,) = [line for line in lines if line["event"] == "eventd.told"]
    (told,) = world.told()
    assert (line["command"], line["job"], line["event_id"]) == ("c0ffee", 7, told.key())
