"""A message on its way into the ledger: the observation, or why there is none, and the bytes to keep if it fails."""

import datetime

import msgspec

from logic.errors import Malformed
from logic.messages import codec
from logic.messages.observations import AnyObservation


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """``cluster`` is who may speak (from the routing key); ``problem`` is why the body cannot be used; ``tries`` counts
    how often it has been parked. ``set_aside`` is when it was set aside first, if it was, and ``replays`` how often an
    operator has put it back on the road."""

    body: bytes
    cluster: str
    routing_key: str = ""
    observation: AnyObservation | None = None
    problem: str = ""
    tries: int = 0
    set_aside: datetime.datetime | None = None
    replays: int = 0


def opened(body: bytes, *, cluster: str, routing_key: str = "", tries: int = 0, dead: bool = False) -> Envelope:
    """The envelope of a message from a bus. Never raises: a bad body is an envelope with a problem."""
    observation, problem = None, "given up by the broker after repeated deliveries" if dead else ""
    try:
        observation = codec.decode(body)
    except Malformed as malformed:
        problem = str(malformed)
    if observation and observation.cluster != cluster and not problem:
        problem = f"cluster {cluster!r} speaks about cluster {observation.cluster!r}"
    return Envelope(
        body=body, cluster=cluster, routing_key=routing_key, observation=observation, problem=problem, tries=tries
    )


def local(observation: AnyObservation) -> Envelope:
    """The envelope of an observation made in this process (a worker's or reconcile's)."""
    return Envelope(body=codec.encode(observation), cluster=observation.cluster, observation=observation)
