"""The reconciler's part of a modelled dispatcher: who holds the lease looks at what is due, and at everything now and then.

Which rows are asked about, what of the answers is new and what nobody owns is decided by ``logic.reconcile``'s own pure
functions; they are read from the store in memory here, and from the database there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from logic import clock
from logic.backends.base import Backend, Target
from logic.compute.commands import remove_ghost
from logic.compute.reactions import DELETES
from logic.dispatcher.policy.splitting import apply_all
from logic.errors import BackendFailure
from logic.ledger.advancing import Result
from logic.ledger.envelopes import local
from logic.ledger.leases import LeaseLost, Tenure, hold_lease, under
from logic.ledger.resources import KINDS
from logic.messages.observations import InstanceSeen, Observation
from logic.reconcile import orphans, servers
from logic.reconcile.comparing import Known, compared
from synnefo.simulation.folded.client import driven
from synnefo.simulation.folded.mortal import Mortal, Program

LEASE, SECONDS, POLL, INTERVAL = "reconcile", 3.0, 1.0, 10.0


class Looking:
    """``answered`` are the (server, version) that were looked at, ``whole`` how many looks at all of the cluster."""

    def __init__(self, store: Mortal, backend: Backend, cluster: str, counts: Counter[str]) -> None:
        self.answered: set[tuple[str, int]] = set()
        self.whole = 0
        self._store, self._backend, self._cluster, self._counts = store, backend, cluster, counts
        self._ghosts: Counter[str] = Counter()

    def start(self, holder: str, program: Program) -> None:
        """The loops of one dispatcher."""
        asked: set[str] = set()
        program.every(POLL, lambda: self._held(holder, lambda tenure: self._due(program, tenure, asked)))
        program.every(INTERVAL, lambda: self._held(holder, lambda tenure: self._all(program, tenure)))

    def _held(self, holder: str, work: Callable[[Tenure], None]) -> None:
        if epoch := hold_lease(LEASE, holder, seconds=SECONDS):
            work(Tenure(LEASE, epoch))

    def _due(self, program: Program, tenure: Tenure, asked: set[str]) -> None:
        now = clock.now()
        rows = self._store.resources
        living = (one.pk for one in rows["server"].values() if one.look_at and one.look_at <= now and _looked_for(one))
        ports = (one.device for one in rows["port"].values() if one.look_at and one.look_at <= now and one.device)
        due = [id for id in dict.fromkeys((*living, *ports)) if id not in asked]
        if due:
            asked.update(due)

            def told(answers: Sequence[Observation]) -> None:
                self._tell(tenure, answers)

            self._ask(program, self._targets(due), told, done=lambda: asked.difference_update(due))

    def _all(self, program: Program, tenure: Tenure) -> None:
        """How far the numbers of jobs have come is written before anything else is asked."""
        try:
            facts = driven(self._backend.facts())
        except BackendFailure:
            return
        under(tenure, self._store.refresh, facts.last_job)
        known = self._known()

        def told(answers: Sequence[Observation]) -> None:
            comparison = compared(known, answers)
            self._tell(tenure, comparison.news)
            under(tenure, self._strays, comparison.strays)
            self.whole += 1

        self._ask(program, known.targets, told, whole=True)

    def _ask(
        self,
        program: Program,
        targets: Sequence[Target],
        told: Callable[[Sequence[Observation]], None],
        *,
        whole: bool = False,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """The answers come a moment after the rows were read, and are told a moment after that."""

        def ask() -> None:
            try:
                answers = driven(self._backend.observe(targets, whole=whole))
            except BackendFailure:
                done()
                return
            self.answered.update((one.server, one.version) for one in answers if isinstance(one, InstanceSeen))
            program.soon(lambda: tell(answers), most=1.0)

        def tell(answers: Sequence[Observation]) -> None:
            done()
            try:
                told(answers)
            except LeaseLost:
                return

        program.soon(ask, most=0.5)

    def _tell(self, tenure: Tenure, answers: Iterable[Observation]) -> None:
        envelopes = [local(one) for one in answers]  # type: ignore[arg-type]
        result: Result = under(tenure, apply_all, envelopes)
        self._counts += result.counts

    def _strays(self, found: Sequence[InstanceSeen]) -> None:
        """Ghosts go after two looks."""
        seen: Counter[str] = Counter()
        unwanted = {one.resource for one in self._store.commands.values() if one.verb in DELETES}
        for one in found:
            row = self._store.resources["server"].get(one.owner)
            verdict = orphans.judged(self._cluster, one, row, unwanted)
            if verdict and verdict.server:
                seen[verdict.server.pk] = self._ghosts[verdict.server.pk] + 1
                if seen[verdict.server.pk] >= orphans.LOOKS:
                    remove_ghost(verdict.server)
        self._ghosts = seen

    def _known(self) -> Known:
        rows = {one.pk: one for one in self._store.resources["server"].values() if one.observed != "gone"}
        ports = [one.pk for one in self._store.resources["port"].values() if one.observed != "gone" and one.device]
        names = {id: row.instance for id, row in rows.items()}
        taken = self._store.take(KINDS["server"], rows), self._store.take(KINDS["port"], ports)
        return servers.assembled(names, *taken, self._unsettled([*rows, *ports]))

    def _targets(self, ids: Sequence[str]) -> list[Target]:
        rows = [self._store.resources["server"][id] for id in sorted(ids)]
        asked = [(row.pk, row.instance, row.version) for row in rows]
        homes = {one.pk: one.device for one in self._store.resources["port"].values() if one.device in ids and one.verb}
        return servers.targeted(asked, homes, self._unsettled([*ids, *homes]))

    def _unsettled(self, resources: Sequence[str]) -> list[servers.Waiting]:
        return [(row.resource, row.job, row.id) for rows in self._store.unsettled(resources).values() for row in rows]


def _looked_for(row: object) -> bool:
    return bool(getattr(row, "command", "")) or getattr(row, "observed", "") != "gone"
