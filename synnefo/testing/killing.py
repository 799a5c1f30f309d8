"""Real processes killed at failpoints: the matrix on real parts (``synnefo/tests/test_real_kills.py``).

A program is started armed, the operation is asked for, the program is killed by itself where its failpoint says, is
started again unarmed, and all has to come to the state that the operation has without it. There is one dispatcher, so
that it is the armed one which does the work.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ganeti.rapi import RapiClient, RequestsTransport
from logic.compute.models import Server
from logic.failpoints import VARIABLE
from logic.ledger.models import Command, Parked, Quarantine
from logic.network.models import Port
from logic.quota import queries as quota
from synnefo.chaos.api import Api, Reply
from synnefo.chaos.truth import Seen
from synnefo.simulation.invariants import (
    COUNTED,
    World,
    no_orphans,
    nothing_stuck,
    one_effective_job,
    states_agree,
    usage_is_the_sum,
)
from synnefo.simulation.matrix.outcomes import STATE
from synnefo.testing.processes import Daemon, until
from synnefo.testing.realparts import CLUSTER, RealCloud

# What its parts are given, so that a claim whose worker died is soon taken again.
SETTINGS: Final[Mapping[str, object]] = {
    "COMMAND_LEASE": 5.0,
    "GANETI_CALL_TIMEOUT": 4.0,
    "RECONCILE_INTERVAL": 2.0,
}
SPEED: Final = 4.0
PATIENCE: Final = 90.0
WALK: Final = (
    "create",
    "stop",
    "start",
    "reboot",
    "reboot-hard",
    "plug",
    "unplug",
    "delete",
    "create",
    "delete-force",
)
CHECKS: Final = (one_effective_job, states_agree, nothing_stuck, no_orphans, usage_is_the_sum)


class State(msgspec.Struct, frozen=True):
    """The newest server, its ports, what its project uses, its instance (condition and number of interfaces)."""

    server: tuple[object, ...]
    ports: list[tuple[object, ...]]
    usage: dict[str, int]
    instance: tuple[str, int] | None


class Range:
    """A cloud to shoot at. Django's default database is the cloud's while it is used."""

    def __init__(self, cloud: RealCloud) -> None:
        self._cloud = cloud
        endpoint, certificate, user, password = cloud.rapi()
        self._rapi = RapiClient(RequestsTransport(endpoint, user, password, ca_file=certificate))
        self._api = Api(cloud.port, cloud.who)
        cloud.dispatchers[1].kill()
        assert self._api.ask("GET", "/servers").ok, "its token is made before anything is armed"

    def part(self, failpoint: str) -> Daemon:
        """The program that passes a failpoint."""
        if failpoint.startswith("request."):
            return self._cloud.api
        if failpoint in {"bus.publish", "cursor.save"} or failpoint.startswith("spool."):
            return self._cloud.eventd
        return self._cloud.dispatchers[0]

    def do(self, verb: str) -> State:
        """An operation nobody disturbs; what there is when all is settled."""
        assert self._asked(verb).ok
        return self._settled()

    def shoot(self, verb: str, failpoint: str, action: str) -> State:
        """The same with a program that is killed on the way."""
        part = self.part(failpoint)
        part.stop()
        self._cloud.environment[VARIABLE] = f"{failpoint}:{action}"
        try:
            part.start()
        finally:
            del self._cloud.environment[VARIABLE]
        commands = Command.objects.count()
        self._asked(verb)
        until(lambda: not part.pid, within=PATIENCE, what=f"{failpoint} to be passed")
        part.start()
        if Command.objects.count() == commands:  # the request was lost: whoever looks asks again
            assert self._asked(verb).ok
        return self._settled()

    def _asked(self, verb: str) -> Reply:
        if verb == "create":
            return self._api.create("target")
        server = f"/servers/{_newest().pk}"
        if verb == "plug":
            return self._api.ask("POST", f"{server}/os-interface", {"interfaceAttachment": {}})
        if verb == "unplug":
            port = Port.objects.filter(device=_newest().pk, observed="plugged").latest("created_at")
            return self._api.ask("DELETE", f"{server}/os-interface/{port.pk}")
        if verb == "delete-force":
            return self._api.ask("POST", f"{server}/action", {"forceDelete": None})
        return self._api.act(_newest().pk, verb)

    def _settled(self) -> State:
        until(_is_calm, within=PATIENCE, what="all commands to be settled")
        row = _newest()
        found = self._seen().instances.get(row.instance)
        return State(
            server=_columns(Server, pk=row.pk)[0],
            ports=_columns(Port, device=row.pk),
            usage={resource: quota.used(row.project, resource) for resource in COUNTED},
            instance=(found[1], len(found[2])) if found else None,
        )

    def _seen(self) -> Seen:
        seen = Seen()
        numbers = range(1, max((job.id for job in self._rapi.jobs()), default=0) + 1)
        jobs = [job for number in numbers if (job := self._rapi.job(number))]
        seen.take(CLUSTER, self._rapi.info().uuid, self._rapi.instances(), jobs)
        return seen

    def wrong(self) -> list[str]:
        """What does not hold over everything that was done here."""
        world = self._seen().world()
        kept = [f"{one} kept" for one in (*Parked.objects.all(), *Quarantine.objects.all())]
        return [sentence for check in CHECKS for sentence in _sentences(check, world)] + kept


def _sentences(check: Callable[[World], Any], world: World) -> list[str]:
    return list(check(world))


def _newest() -> Server:
    return Server.objects.latest("number")


def _is_calm() -> bool:
    unsettled = Command.objects.exclude(status="settled")
    return not unsettled.exists() and not Server.objects.filter(observed="removed").exists()


def _columns(model: Any, **which: object) -> list[tuple[object, ...]]:
    return sorted(model.objects.filter(**which).values_list(*STATE))
