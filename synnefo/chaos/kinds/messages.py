"""Poison, and yesterday's news: put on the bus with the credentials of a cluster's own event daemon.

Poison is noted in the history before it is sent (``poison``) and once the broker has it (``confirmed``): the checker holds
the quarantine to the second and forgives it the first.
"""

import msgspec

from ganeti.jobfile import Job, observations
from logic import clock
from logic.bus import BusDown, Publisher
from logic.bus.amqp import AmqpBus
from logic.bus.topology import routing_key
from logic.errors import BackendFailure
from logic.messages import codec
from synnefo.chaos.cloud import CLUSTERS
from synnefo.chaos.kinds.base import Scene
from synnefo.simulation.poison import shapes

PREFIX = "snf"
REPLAYED = 300


async def poison(scene: Scene) -> None:
    """One of each shape of rubbish."""
    cluster = scene.dice.choice(CLUSTERS)
    other = next(name for name in CLUSTERS if name != cluster)
    await _publish(scene, cluster, shapes(cluster, other, clock.new_token(8)), poisonous=True)


async def replay(scene: Scene) -> None:
    """What has been told is told again, shuffled, and with statuses that are long past."""
    master = scene.cloud.masters[scene.dice.choice(CLUSTERS)]
    try:
        jobs = [job for job in await scene.cloud.offload.call(master.jobs) if job.final]
    except BackendFailure:  # another fault has the cluster just now
        return
    chosen = scene.dice.sample(jobs, min(len(jobs), REPLAYED // 3))
    bodies = [body for job in chosen for body in _again(job, master.name, master.incarnation)]
    scene.dice.shuffle(bodies)
    await _publish(scene, master.name, bodies, poisonous=False)


def _again(job: Job, cluster: str, incarnation: str) -> list[bytes]:
    told = observations(job, cluster, incarnation)
    past = [msgspec.structs.replace(one, status=status) for one in told for status in ("waiting", "running")]
    return [codec.encode(one) for one in (*told, *past)]


async def _publish(scene: Scene, cluster: str, bodies: list[bytes], *, poisonous: bool) -> None:
    """As far as the broker lets us: another fault may have it just now."""
    bus = AmqpBus(scene.cloud.broker_of(cluster), PREFIX)
    try:
        publisher = await bus.publisher()
        for body in bodies:
            await _send(scene, publisher, routing_key(PREFIX, "op", cluster), body, poisonous=poisonous)
    except BusDown:
        scene.history.note("unpublished", cluster=cluster)
    finally:
        await bus.close()


async def _send(scene: Scene, publisher: Publisher, key: str, body: bytes, *, poisonous: bool) -> None:
    if poisonous:
        scene.history.note("poison", body=body.hex())
    await publisher.publish(key, body)
    if poisonous:
        scene.history.note("confirmed", body=body.hex())
