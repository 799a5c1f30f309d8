"""One life of a dispatcher: batches off the queue, claims and their answers, parked messages, its presence, and (``looking``)
the reconciler's part. What it does with each is the product's code; only the loops around it are these.
"""

from collections import Counter

import msgspec

from logic.backends.base import Backend
from logic.dispatcher import answers
from logic.dispatcher.policy.splitting import apply_all, apply_due
from logic.errors import BackendFailure
from logic.ledger import presences
from logic.ledger.advancing import Result
from logic.ledger.claiming import Claim, claim
from logic.ledger.envelopes import local, opened
from logic.messages.observations import AnyObservation
from synnefo.simulation.folded.broker import Broker
from synnefo.simulation.folded.client import driven
from synnefo.simulation.folded.looking import Looking
from synnefo.simulation.folded.mortal import Program

BATCH = 20  # messages in one transaction at most
LEASE, PRESENCE, RENEW = 30.0, 6.0, 2.0
POLL, PARKED_EVERY, LIMIT = 5.0, 5.0, 8


class Place(msgspec.Struct):
    """What the dispatchers of a run share: the broker, the adapter and the cluster's name; ``counts`` of messages by what
    became of them."""

    broker: Broker
    backend: Backend
    cluster: str
    looking: Looking
    counts: Counter[str]


class Dispatcher:
    """``died`` is called when it has."""

    def __init__(self, name: str, program: Program, place: Place) -> None:
        self.name, self.program = name, program
        self._place = place
        self._in_hand: list[bytes] = []
        self._carrying: set[str] = set()
        self._in_doubt = False

    def start(self) -> None:
        """Everything a process does from its first moment on."""
        self.program.every(RENEW, lambda: presences.renew(self.name, PRESENCE))
        self.program.every(POLL, self._claim)
        self.program.every(PARKED_EVERY, lambda: self._count(apply_due(LIMIT)))
        self._place.looking.start(self.name, self.program)
        self.wake()

    def wake(self) -> None:
        """There may be messages."""
        if not self._in_hand:
            self.program.soon(self._take)

    def ring(self, channel: str) -> None:
        """Something was committed."""
        if channel == "commands":
            self.program.soon(self._claim)

    def bury(self) -> None:
        """It has died: the broker has back what it had in hand."""
        self._place.broker.give_back(self._in_hand)
        self._in_hand = []

    def _take(self) -> None:
        if self._in_hand:
            return
        self._in_hand = self._place.broker.take(self.program.random.randint(1, BATCH))
        if self._in_hand:
            self.program.soon(self._apply)

    def _apply(self) -> None:
        cluster = self._place.cluster
        key = f"ganeti.snf.event.op.{cluster}"
        self._count(apply_all([opened(body, cluster=cluster, routing_key=key) for body in self._in_hand]))
        self.program.soon(self._acknowledge)

    def _acknowledge(self) -> None:
        self._in_hand = []
        self._take()

    def _claim(self) -> None:
        mine = set(self._carrying) if self._in_doubt else None
        claims = claim(self.name, limit=LIMIT, lease=LEASE, mine=mine)
        self._in_doubt = False
        for one in claims:
            self._carrying.add(one.command.id)
            self.program.soon(lambda one=one: self._send(one))  # type: ignore[misc]

    def _send(self, claimed: Claim) -> None:
        try:
            answer = driven(answers.ask(self._place.backend, claimed))
        except BackendFailure as error:
            answer = answers.of_failure(claimed, error)
        self.program.soon(lambda: self._tell(claimed, answer), most=1.0)

    def _tell(self, claimed: Claim, answer: AnyObservation) -> None:
        self._carrying.discard(claimed.command.id)
        self._count(apply_all([local(answer)]))

    def _count(self, result: Result) -> None:
        self._place.counts += result.counts
