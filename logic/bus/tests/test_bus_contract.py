"""Rules of every bus: the memory bus is true to the broker as far as anybody can rely on it."""

import asyncio
import contextlib
from collections import Counter

import pytest

from logic.bus import BusDown, Unroutable
from logic.bus.tests.conftest import SOON, bodies, new_prefix, take
from logic.bus.topology import DELIVERY_LIMIT, routing_key


async def test_a_message_arrives_as_it_was_sent(ground):
    consumer = await ground.consumer("alpha.example.org")
    await ground.publish(b"\x00{}", cluster="alpha.example.org")
    (message,) = await take(consumer, 1)
    assert (message.body, message.routing_key) == (b"\x00{}", ground.key("alpha.example.org"))
    assert (message.cluster, message.redelivered, message.dead) == ("alpha.example.org", False, False)


@pytest.mark.parametrize("subject", ["op", "net", "progress", "cluster"])
async def test_every_subject_reaches_its_cluster_s_queue(ground, subject):
    consumer = await ground.consumer()
    publisher = await ground.bus.publisher()
    await publisher.publish(ground.key(subject=subject), b"1")
    assert bodies(await take(consumer, 1)) == [b"1"]


async def test_messages_of_a_cluster_come_in_order(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2", b"3")
    assert bodies(await take(consumer, 3)) == [b"1", b"2", b"3"]


async def test_no_more_are_taken_than_asked_for(ground):
    consumer = await ground.consumer()
    await ground.publish(*[b"x"] * 5)
    while (taken := await consumer.take(2)) and taken[-1].tag < 5:
        assert len(taken) <= 2


async def test_taking_waits_for_the_first_message(ground):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(10))
    done, _ = await asyncio.wait({taking}, timeout=0.05)
    assert not done
    await ground.publish(b"1")
    async with asyncio.timeout(SOON):
        assert bodies(await taking) == [b"1"]


async def test_what_was_acknowledged_does_not_come_again(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2", b"3")
    taken = await take(consumer, 3)
    await consumer.acknowledge(taken[1])
    await consumer.close()
    again = await take(await ground.consumer(), 1)
    assert bodies(again) == [b"3"]


async def test_what_was_not_acknowledged_comes_again_and_is_marked(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1")
    await take(consumer, 1)
    await consumer.close()
    (message,) = await take(await ground.consumer(), 1)
    assert (message.body, message.redelivered) == (b"1", True)


async def test_what_nobody_was_handed_is_counted_a_queue(ground):
    consumer = await ground.consumer("alpha", "beta", prefetch=1)
    await ground.publish(b"1", b"2", b"3")
    await take(consumer, 1, limit=1)
    async with asyncio.timeout(SOON):
        while await consumer.waiting() != {"": 0, "alpha": 2, "beta": 0}:  # noqa: ASYNC110 - a broker rings no bell
            await asyncio.sleep(0.01)


async def test_a_session_that_is_over_counts_nothing(ground):
    consumer = await ground.consumer()
    await consumer.close()
    with pytest.raises(BusDown):
        await consumer.waiting()


async def test_acknowledging_twice_is_harmless(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2")
    first, second = await take(consumer, 2)
    await consumer.acknowledge(second)
    await consumer.acknowledge(second)
    await consumer.acknowledge(first)
    await ground.publish(b"3")
    assert bodies(await take(consumer, 1)) == [b"3"]


async def test_messages_wait_for_a_consumer_once_there_has_been_one(ground):
    await (await ground.consumer()).close()
    await ground.publish(b"1")
    assert bodies(await take(await ground.consumer(), 1)) == [b"1"]


@pytest.mark.parametrize(
    "key",
    [
        lambda ground: ground.key("nobody-asked"),
        lambda ground: ground.key(""),
        lambda _: routing_key(new_prefix(), "op", "alpha"),
        lambda _: "nonsense",
    ],
    ids=["unknown cluster", "no cluster", "another installation", "nonsense"],
)
async def test_a_message_nobody_asked_for_is_refused(ground, key):
    await ground.consumer()
    publisher = await ground.bus.publisher()
    with pytest.raises(Unroutable):
        await publisher.publish(key(ground), b"1")


async def test_before_any_consumer_every_message_is_refused(ground):
    publisher = await ground.bus.publisher()
    with pytest.raises(Unroutable):
        await publisher.publish(ground.key(), b"1")


async def test_of_messages_sent_side_by_side_each_gets_its_own_answer(ground):
    consumer = await ground.consumer()
    publisher = await ground.bus.publisher()
    sent = [publisher.publish(ground.key("alpha" if n % 2 else "nobody"), b"%d" % n) for n in range(40)]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unroutable, type(None)] * 20
    assert len(await take(consumer, 20)) == 20


async def test_a_consumer_gets_the_clusters_it_asked_for(ground):
    alpha, beta = await ground.consumer("alpha"), await ground.consumer("beta", "gamma")
    for cluster in ("alpha", "beta", "gamma"):
        await ground.publish(cluster.encode(), cluster=cluster)
    assert bodies(await take(alpha, 1)) == [b"alpha"]
    assert sorted(bodies(await take(beta, 2))) == [b"beta", b"gamma"]


async def test_two_consumers_share_without_overlap(ground):
    one, two = await ground.consumer(), await ground.consumer()
    await ground.publish(*[b"%d" % n for n in range(20)])
    seen, full = [], asyncio.Event()

    async def eat(consumer):
        while True:
            taken = await consumer.take(3)
            seen.extend(bodies(taken))
            await consumer.acknowledge(taken[-1])
            if len(seen) >= 20:
                full.set()

    eaters = [asyncio.create_task(eat(consumer)) for consumer in (one, two)]
    async with asyncio.timeout(SOON):
        await full.wait()
    for eater in eaters:
        eater.cancel()
    assert sorted(seen, key=int) == [b"%d" % n for n in range(20)]


async def test_no_more_than_prefetch_of_a_cluster_are_out_at_a_time(ground):
    consumer = await ground.consumer("alpha", "beta", prefetch=10)
    for cluster in ("alpha", "beta"):
        await ground.publish(*[b"x"] * 15, cluster=cluster)
    out = await take(consumer, 20)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            while True:
                out += await consumer.take(100)
    assert Counter(message.cluster for message in out) == {"alpha": 10, "beta": 10}


async def test_each_cluster_s_messages_come_on_a_lane_of_their_own(ground):
    consumer = await ground.consumer("alpha", "beta")
    for cluster in ("alpha", "beta"):
        await ground.publish(cluster.encode(), cluster=cluster)
    found = {}
    async with asyncio.timeout(SOON):
        for lane in consumer.consumer.lanes:
            if lane.cluster:
                await lane.arrived()
                found[lane.cluster] = bodies(lane.take(10))
    assert found == {"alpha": [b"alpha"], "beta": [b"beta"]}


async def test_nothing_is_taken_of_a_lane_where_nothing_has_arrived(ground):
    consumer = await ground.consumer()
    assert [lane.take(10) for lane in consumer.consumer.lanes] == [[], []]


async def test_acknowledging_a_cluster_s_leaves_the_other_s_alone(ground):
    consumer = await ground.consumer("alpha", "beta")
    for cluster in ("alpha", "beta"):
        await ground.publish(b"1", b"2", cluster=cluster)
    taken = await take(consumer, 4)
    await consumer.acknowledge([message for message in taken if message.cluster == "beta"][-1])
    await consumer.close()
    again = await take(await ground.consumer("alpha", "beta"), 2)
    assert [(message.cluster, message.body) for message in again] == [("alpha", b"1"), ("alpha", b"2")]


async def test_acknowledging_makes_room_for_more(ground):
    consumer = await ground.consumer(prefetch=4)
    await ground.publish(*[b"%d" % n for n in range(30)])
    seen = []
    while len(seen) < 30:
        seen += await take(consumer, 1)
        await consumer.acknowledge(seen[-1])
    assert bodies(seen) == [b"%d" % n for n in range(30)]


async def test_an_interruption_is_told_to_who_waits(ground):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(1))
    await asyncio.sleep(0)
    ground.interrupt()
    with pytest.raises(BusDown):
        async with asyncio.timeout(SOON):
            await taking


async def test_after_an_interruption_a_session_does_nothing_any_more(ground):
    consumer, publisher = await ground.consumer(), await ground.bus.publisher()
    await ground.publish(b"1")
    (message,) = await take(consumer, 1)
    ground.interrupt()
    for call in (lambda: consumer.take(1), lambda: consumer.acknowledge(message)):
        with pytest.raises(BusDown):
            async with asyncio.timeout(SOON):
                while True:
                    await call()
                    await asyncio.sleep(0)
    with pytest.raises(BusDown):
        await publisher.publish(ground.key(), b"2")


async def test_after_an_interruption_a_new_session_gets_what_was_not_acknowledged(ground):
    consumer = await ground.consumer()
    await ground.publish(b"1", b"2")
    first, _ = await take(consumer, 2)
    await consumer.acknowledge(first)
    ground.interrupt()
    assert bodies(await take(await ground.consumer(), 1)) == [b"2"]


async def test_closing_ends_the_wait_for_a_message(ground):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(1))
    await asyncio.sleep(0)
    await consumer.close()
    with pytest.raises(BusDown):
        async with asyncio.timeout(SOON):
            await taking


async def test_closing_twice_is_harmless(ground):
    consumer, publisher = await ground.consumer(), await ground.bus.publisher()
    for _ in range(2):
        await consumer.close()
        await publisher.close()
        await ground.bus.close()


async def test_a_closed_publisher_says_so(ground):
    await ground.consumer()
    publisher = await ground.bus.publisher()
    await publisher.close()
    with pytest.raises(BusDown):
        await publisher.publish(ground.key(), b"1")


async def test_a_cancelled_taker_leaves_the_session_usable(ground):
    consumer = await ground.consumer()
    taking = asyncio.create_task(consumer.take(1))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    await ground.publish(b"1")
    assert bodies(await take(consumer, 1)) == [b"1"]


async def test_what_came_too_often_is_handed_out_as_dead(ground):
    consumer = await ground.consumer()
    await ground.publish(b"poison")
    deliveries = 0
    while True:
        (message,) = await take(consumer, 1)
        if message.dead:
            break
        deliveries += 1
        await consumer.close()
        consumer = await ground.consumer()
    assert deliveries == DELIVERY_LIMIT + 1
    assert (message.body, message.cluster) == (b"poison", "alpha")
    await consumer.acknowledge(message)
