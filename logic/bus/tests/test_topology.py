"""The topology is legal on the brokers it meets: RabbitMQ 3.10, which Debian has, and 4.x, which the field has."""

import pytest

from logic.bus import topology

QUEUES = {"events": topology.queue_arguments(), "dead": topology.dead_queue_arguments()}

# Arguments each version takes for a quorum queue (RabbitMQ's documentation, "Quorum Queues", 3.10 and 4.1), and what a
# version does to who leaves one out.
LEGAL = {
    "3.10": {"x-queue-type", "x-delivery-limit", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-overflow",
             "x-dead-letter-strategy", "x-max-length", "x-max-length-bytes", "x-expires", "x-message-ttl",
             "x-quorum-initial-group-size", "x-queue-leader-locator", "x-single-active-consumer"},
    "4.1": {"x-queue-type", "x-delivery-limit", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-overflow",
            "x-dead-letter-strategy", "x-max-length", "x-max-length-bytes", "x-expires", "x-message-ttl",
            "x-quorum-initial-group-size", "x-quorum-target-group-size", "x-queue-leader-locator",
            "x-single-active-consumer"},
}  # fmt: skip


@pytest.mark.parametrize("version", LEGAL)
@pytest.mark.parametrize("queue", QUEUES)
def test_every_argument_is_legal(queue, version):
    assert set(QUEUES[queue]) <= LEGAL[version]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_a_quorum_queue_with_a_delivery_limit_of_its_own(queue):
    """4.x gives up after twenty deliveries unless told otherwise; 3.10 never does."""
    assert QUEUES[queue]["x-queue-type"] == "quorum"
    assert isinstance(QUEUES[queue]["x-delivery-limit"], int)


def test_what_is_given_up_is_dead_lettered_at_least_once():
    """All three are needed: without one of them the broker silently falls back to at most once."""
    events = QUEUES["events"]
    assert events["x-dead-letter-strategy"] == "at-least-once"
    assert events["x-overflow"] == "reject-publish"
    assert events["x-dead-letter-exchange"] == topology.DEAD_EXCHANGE


def test_a_queue_has_an_end_and_refuses_beyond_it():
    """The dead wait in their queue until they are taken: without a length it would grow over the disk."""
    assert QUEUES["events"]["x-max-length"] == topology.MAX_LENGTH


def test_the_dead_are_never_given_up():
    dead = QUEUES["dead"]
    assert "x-dead-letter-exchange" not in dead
    assert "x-overflow" not in dead
    assert dead["x-delivery-limit"] > 1000 * topology.DELIVERY_LIMIT


def test_the_version_is_in_every_queue_s_name():
    for name in (topology.queue_name("snf", "c1"), topology.dead_queue_name("snf")):
        assert topology.VERSION in name.split(".")


@pytest.mark.parametrize("subject", ["op", "net", "progress", "cluster"])
def test_the_cluster_is_read_from_the_routing_key(subject):
    key = topology.routing_key("snf", subject, "c1.example.org")
    assert key == f"ganeti.snf.event.{subject}.c1.example.org"
    assert topology.cluster_of(key) == "c1.example.org"


@pytest.mark.parametrize("key", ["", "ganeti", "ganeti.snf.event.op", "other.snf.event.op.c1", "ganeti.snf.x.op.c1"])
def test_a_key_that_is_not_ours_has_no_cluster(key):
    assert topology.cluster_of(key) == ""
