"""Rules of the bus on RabbitMQ alone: trouble ends a session promptly, nothing confirmed is lost, nothing secret is told."""

import asyncio
import contextlib
import os
import signal
import socket
from urllib.parse import quote

import aio_pika
import msgspec
import pytest

from logic.bus import BusDown, Unroutable, deliveries, session, topology
from logic.bus.amqp import AmqpBus
from logic.bus.tests.conftest import SOON, Ground, bodies, take
from logic.testing.reading import Reader

NEVER = 10_000


@pytest.fixture
def nowhere():
    """Ports with nobody behind them: bound, and not listened on."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        yield one.getsockname()[1], two.getsockname()[1]


@pytest.fixture
def hung(rabbitmq, monkeypatch):
    """While inside, the broker accepts connections and answers nothing."""
    monkeypatch.setattr(session, "CLOSE_TIMEOUT", 0.2)
    monkeypatch.setattr(session, "CONNECT_TIMEOUT", 0.2)

    @contextlib.contextmanager
    def stopped():
        os.kill(rabbitmq._node.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(rabbitmq._node.pid, signal.SIGCONT)

    return stopped()


@pytest.fixture
def ground(on_rabbitmq):
    return on_rabbitmq


@pytest.fixture
async def raw(rabbitmq):
    """The broker, past the bus: an aio-pika channel."""
    async with await aio_pika.connect(rabbitmq.url) as connection:
        yield await connection.channel()


@pytest.fixture
def user(rabbitmq):
    """Broker users as an operator makes them for a Ganeti master: ``user(prefix, cluster, …)`` gives its URL."""
    made = []

    def make(prefix, cluster, *, exchange=topology.EXCHANGE):
        name = f"master@{cluster}-{prefix}"
        made.append(name)
        rabbitmq.ctl("add_user", name, "word")
        rabbitmq.ctl("set_permissions", name, "^$", f"^{exchange}$", "^$")
        rabbitmq.ctl("set_topic_permissions", name, exchange, rf"^ganeti\.{prefix}\.event\.[a-z]+\.{cluster}$", "^$")
        return f"amqp://{quote(name)}:word@127.0.0.1:{rabbitmq.port}/"

    yield make
    for name in made:
        rabbitmq.ctl("delete_user", name)


async def test_what_was_confirmed_survives_a_kill(ground, rabbitmq):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2", b"3")
    (first, *_) = await take(consumer, 3)
    await consumer.acknowledge(first)
    taking = asyncio.create_task(consumer.take(1))
    rabbitmq.kill()
    with pytest.raises(BusDown):
        async with asyncio.timeout(SOON):
            await taking
    with pytest.raises(BusDown):
        await ground.consumer()
    rabbitmq.start()
    again = await take(await ground.consumer(), 2)
    assert [body for body in bodies(again) if body != b"1"] == [b"2", b"3"]


async def test_a_broker_that_stops_in_good_order_ends_the_session(ground, rabbitmq):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(1))
    rabbitmq.stop()
    with pytest.raises(BusDown):
        async with asyncio.timeout(SOON):
            await taking
    rabbitmq.start()


async def test_both_ends_notice_soon_that_the_other_machine_is_gone(ground, rabbitmq, monkeypatch):
    made, watched = [], deliveries.watched
    monkeypatch.setattr(deliveries, "watched", lambda connection: (watched(connection), made.append(connection)))
    publisher, consumer = await ground.bus.publisher(), await ground.consumer()
    ports = {}
    for connection in made:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert {
            name: connection.getsockopt(socket.IPPROTO_TCP, name) for name in deliveries.WATCHED
        } == deliveries.WATCHED
        ports[str(connection.getsockname()[1])] = str(session.HEARTBEAT)

    lines = await asyncio.to_thread(rabbitmq.ctl, "list_connections", "--quiet", "peer_port", "timeout")
    assert ports.items() <= dict(line.split() for line in lines.splitlines()[1:]).items()
    assert len(ports) == 2
    await publisher.close()
    await consumer.close()


async def test_a_broker_that_hangs_holds_a_publisher_no_longer_than_it_was_told(ground, hung):
    await ground.consumer()
    publisher = await ground.bus.publisher()
    with hung:
        with pytest.raises(BusDown, match=r"0\.2 s"):
            await publisher.publish(ground.key(), b"1", timeout=0.2)
        with pytest.raises(BusDown, match=r"0\.2 s"):
            await ground.bus.publisher()
        await publisher.close()


async def test_a_message_under_way_when_its_session_is_closed_is_told_so(ground, hung):
    await ground.consumer()
    publisher = await ground.bus.publisher()
    with hung:
        publishing = asyncio.create_task(publisher.publish(ground.key(), b"1", timeout=SOON))
        await asyncio.sleep(0)
        await publisher.close()
        with pytest.raises(BusDown):
            await publishing


async def test_a_broker_without_disk_space_holds_a_publisher_no_longer_than_it_was_told(ground, rabbitmq):
    await ground.consumer()
    publisher = await ground.bus.publisher()
    rabbitmq.ctl("set_disk_free_limit", "1000000GB")
    try:
        with pytest.raises(BusDown):
            await publisher.publish(ground.key(), b"1", timeout=0.5)
    finally:
        rabbitmq.ctl("set_disk_free_limit", "1MB")


async def test_a_queue_that_is_full_refuses(ground, rabbitmq):
    await ground.consumer(prefetch=2)
    rabbitmq.ctl("set_policy", ground.prefix, f"^{ground.prefix}", '{"max-length":2}', "--apply-to", "queues")
    publisher = await ground.bus.publisher()
    with pytest.raises(BusDown, match="Nack"):
        async with asyncio.timeout(SOON):
            while True:
                await publisher.publish(ground.key(), b"x")
    rabbitmq.ctl("clear_policy", ground.prefix)


async def test_a_queue_that_is_deleted_ends_the_session(ground, raw):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(1))
    await raw.queue_delete(topology.queue_name(ground.prefix, "alpha"))
    with pytest.raises(BusDown, match="gone"):
        async with asyncio.timeout(SOON):
            await taking


async def test_what_had_arrived_before_the_end_is_not_handed_out(ground, raw):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2")
    await take(consumer, 1, limit=1)
    await raw.queue_delete(topology.queue_name(ground.prefix, "alpha"))
    with pytest.raises(BusDown):
        async with asyncio.timeout(SOON):
            while True:
                await asyncio.sleep(0.01)
                consumer.consumer._session.check()
    with pytest.raises(BusDown):
        await consumer.take(1)


async def test_a_tag_the_broker_does_not_know_ends_the_session(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1")
    (message,) = await take(consumer, 1)
    await consumer.acknowledge(msgspec.structs.replace(message, tag=message.tag + NEVER))
    with pytest.raises(BusDown, match="unknown delivery tag"):
        async with asyncio.timeout(SOON):
            await consumer.take(1)


async def test_a_queue_declared_otherwise_is_explained(ground, raw):
    await raw.declare_queue(topology.queue_name(ground.prefix, "alpha"), durable=True)
    with pytest.raises(BusDown, match="inequivalent arg 'x-dead-letter"):
        await ground.consumer()


async def test_messages_are_persistent_and_say_who_sent_them(ground, raw, rabbitmq):
    await (await ground.consumer()).close()
    await ground.publish(b"1")
    queue = await raw.get_queue(topology.queue_name(ground.prefix, "alpha"))
    message = await queue.get(timeout=SOON)
    assert (message.delivery_mode, message.user_id) == (aio_pika.DeliveryMode.PERSISTENT, "synnefo")
    assert message.message_id


async def test_the_dead_of_another_installation_are_not_ours(rabbitmq, ground):
    other = AmqpBus(rabbitmq.url, f"{ground.prefix}x")
    ours, theirs = await ground.consumer(), await Reader.of(other)
    await ground.publish(b"poison")
    while not (await take(ours, 1))[0].dead:
        await ours.close()
        ours = await ground.consumer()
    waiting = asyncio.create_task(theirs.take(1))
    await asyncio.wait({waiting}, timeout=0.2)
    assert not waiting.done()
    waiting.cancel()
    await other.close()


async def test_a_cluster_s_user_publishes_for_its_cluster_and_no_other(ground, user):
    consumer = await ground.consumer("alpha", "beta")
    master = AmqpBus(user(ground.prefix, "alpha"), ground.prefix)
    publisher = await master.publisher()
    await publisher.publish(ground.key("alpha"), b"1")
    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        await publisher.publish(ground.key("beta"), b"2")
    assert bodies(await take(consumer, 1)) == [b"1"]
    with pytest.raises(BusDown, match="ACCESS_REFUSED"):
        await master.consumer(["alpha"])
    await master.close()


async def test_a_user_who_may_not_make_the_exchange_is_told_to_wait_for_a_dispatcher(ground, user, monkeypatch):
    monkeypatch.setattr(topology, "EXCHANGE", f"ganeti-{ground.prefix}")
    master = AmqpBus(user(ground.prefix, "alpha", exchange=topology.EXCHANGE), ground.prefix)
    with pytest.raises(Unroutable, match="start a dispatcher"):
        await master.publisher()
    await ground.consumer()
    await (await master.publisher()).publish(ground.key(), b"1")
    await master.close()


async def test_of_several_brokers_one_that_answers_is_found(ground, rabbitmq, nowhere):
    silent = [f"amqp://synnefo:word@127.0.0.1:{port}/" for port in nowhere]
    bus = AmqpBus([*silent, rabbitmq.url], ground.prefix)
    await (await bus.consumer(["alpha"])).close()
    await bus.close()


async def test_when_no_broker_answers_each_is_named(ground, nowhere):
    bus = AmqpBus([f"amqp://synnefo:secret-word@127.0.0.1:{port}/" for port in nowhere], ground.prefix)
    with pytest.raises(BusDown) as refused:
        await bus.publisher()
    assert all(f"127.0.0.1:{port}" in str(refused.value) for port in nowhere)
    assert "secret-word" not in str(refused.value)


async def test_a_wrong_password_is_told_without_the_password(rabbitmq, caplog):
    bus = AmqpBus(f"amqp://synnefo:secret-word@127.0.0.1:{rabbitmq.port}/", "snf")
    with pytest.raises(BusDown, match="ACCESS_REFUSED") as refused:
        await bus.consumer(["alpha"])
    assert "secret-word" not in f"{refused.value!r} {refused.value.__cause__!r} {bus!r} {caplog.text}"


async def test_tls_works_and_verifies_the_server(ground, rabbitmq):
    bus = AmqpBus(rabbitmq.tls_url, ground.prefix)
    secured = Ground(bus, ground.prefix, None)
    consumer = await secured.consumer()
    await secured.publish(b"1")
    assert bodies(await take(consumer, 1)) == [b"1"]
    await bus.close()


async def test_a_server_of_an_unknown_authority_is_refused(ground, rabbitmq):
    bus = AmqpBus(rabbitmq.tls_url.split("?")[0], ground.prefix)
    with pytest.raises(BusDown, match="CERTIFICATE_VERIFY_FAILED"):
        await bus.publisher()


@pytest.mark.parametrize(
    "url",
    [
        "amqp://synnefo:secret-word@host:port/",
        "amqp://synnefo:secret-word@[::1/",
        "http://synnefo:secret-word@host/",
        "amqp://",
        "amqp://synnefo:secret-word@host/?no_verify_ssl=1",
        "",
    ],
)
def test_a_malformed_url_is_refused_at_once_and_not_repeated(url):
    with pytest.raises(ValueError, match="broker") as refused:
        AmqpBus(url, "snf")
    assert "secret-word" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_no_url_at_all_is_refused():
    with pytest.raises(ValueError, match="no broker"):
        AmqpBus([], "snf")
