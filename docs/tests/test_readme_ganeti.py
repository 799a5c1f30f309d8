"""README.deploy's chapters of Ganeti's nodes, carried out on a real one as they stand: what they set up works, as its own user.

The hook, the ifup, the addresses and the images of the lab's guests are set up by the same blocks (``synnefo.testing.lab``).
"""

import asyncio

import pytest

from ganeti.rapi import RapiClient, RequestsTransport
from ganeti.vocabulary import FINAL
from logic.bus.amqp import AmqpBus
from logic.errors import Rejected
from logic.messages import codec
from logic.messages.observations import JobChanged
from logic.testing.reading import Reader
from synnefo.testing.lab import deploying
from synnefo.testing.lab.cluster import Lab
from synnefo.testing.processes import until
from synnefo.testing.rabbitmq import RabbitServer

pytestmark = [pytest.mark.ganeti, pytest.mark.slow, pytest.mark.timeout(300)]
CLUSTER, PREFIX = "ganeti1", "snf"


@pytest.fixture(scope="module")
def broker():
    with RabbitServer() as server:
        yield server


@pytest.fixture(scope="module")
def lab(broker):
    """A cluster whose master has gone through its chapter, beside a broker that has gone through its own."""
    with Lab() as lab:
        broker.ctl("eval", f'rabbit_networking:start_tcp_listener({{"{lab.gateway}", 5672}}, 10).')
        password = broker.password
        for words in deploying.orders_of_the_broker(CLUSTER):
            broker.ctl(*words, *([password] if words[0] == "add_user" else []))
        deploying.software(lab.master)
        deploying.carry_out(
            lab.master, f"install -d -m 0700 /root/synnefo; echo {password} > /root/synnefo/{CLUSTER}.rabbit-password"
        )
        asyncio.run(declared(broker))
        deploying.carry_out(lab.master, deploying.chapter_of_a_master(), CLUSTER=CLUSTER, MQ_HOST=lab.gateway)
        yield lab


async def declared(broker):
    """The queue of the cluster, as a dispatcher would have it."""
    consumer = await AmqpBus(broker.url, PREFIX).consumer([CLUSTER], prefetch=1)
    await consumer.close()


@pytest.fixture
async def told(broker):
    """What comes of it on the bus."""
    reader = await Reader.of(AmqpBus(broker.url, PREFIX), CLUSTER)
    yield reader
    await reader.close()


async def over(reader, instance):
    """Its job that ends next."""
    while True:
        for message in await reader.take(100):
            found = codec.decode(message.body)
            if isinstance(found, JobChanged) and found.instance == instance and found.status in FINAL:
                return found


async def test_the_event_daemon_tells_of_a_job_as_its_own_user(lab, told):
    await asyncio.to_thread(
        lab.master.run,
        "gnt-instance", "add", "-t", "diskless", "-o", "noop", "-H", "fake", "--no-name-check", "--no-ip-check",
        "--no-install", "-n", lab.master.name, f"{PREFIX}-1",
    )  # fmt: skip
    async with asyncio.timeout(30):
        found = await over(told, f"{PREFIX}-1")
    assert (found.opcode, found.status) == ("OP_INSTANCE_CREATE", "success")
    assert "synnefo" in lab.master.run("ps", "-C", "python", "-o", "user=")


def test_the_user_of_the_dispatchers_may_write_and_who_does_not_know_the_password_may_not(lab):
    password = lab.master.run("cat", f"/root/synnefo/{CLUSTER}.rapi-password").strip()
    certificate = lab.root / "carried.pem"
    certificate.write_text(lab.master.run("cat", f"/root/synnefo/{CLUSTER}.pem"))

    def client(word):
        return RapiClient(RequestsTransport(lab.endpoint, "synnefo", word, ca_file=str(certificate)))

    until(lambda: client(password).info(), within=30, what="the remote API to answer")
    job = client(password).startup(f"{PREFIX}-1", reason="by hand")
    until(lambda: (one := client(password).job(job)) and one.final, within=30, what="the end of the job")
    with pytest.raises(Rejected, match="Unauthorized"):
        client("another").startup(f"{PREFIX}-1", reason="by hand")
