"""What must hold after every run, whatever happened in it: I1 to I10.

Each function yields sentences about what is wrong; none means the invariant holds. The backend's side comes as plain
facts (:class:`World`), so that the same checks serve any backend.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Sum

from logic import clock
from logic.compute.models import Server
from logic.ledger.models import Command, Inbox, Journal, Lease, Parked, Quarantine
from logic.ledger.resources import STATE_COLUMNS
from logic.network.models import Address, Port
from logic.quota import queries as quota
from logic.quota.models import Delta

LONG_AGO = datetime.timedelta(minutes=1)


class JobFact(msgspec.Struct, frozen=True):
    """An operation the backend has run: its opcode, last status and the command in its reason trail."""

    job: int
    opcode: str
    status: str
    command: str


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What the backend has: instance name → (owner uuid, status word of ours, interface names); its jobs; the bodies of
    messages that were poison (put on the bus by the run itself); the inbox keys of the messages that reached a queue; and
    which (server, version) were looked at, None when nobody has watched."""

    instances: dict[str, tuple[str, str, frozenset[str]]]
    jobs: list[JobFact]
    poison: frozenset[bytes] = frozenset()
    arrived: tuple[str, ...] = ()
    looks: frozenset[tuple[str, int]] | None = None
    errors_logged: tuple[str, ...] = ()


def one_effective_job(world: World) -> Iterator[str]:
    """I1: an accepted request has one command, and a command at most one effective job; a reboot at most one job."""
    once = set(Command.objects.filter(idempotency="once").values_list("pk", flat=True))
    creates = set(Command.objects.filter(verb="create").values_list("pk", flat=True))
    counted: Counter[str] = Counter()
    for job in world.jobs:
        if job.command in once or (job.command in creates and job.status == "success"):
            counted[job.command] += 1
    for command, times in counted.items():
        if times > 1:
            yield f"command {command} had {times} effective jobs"


def nothing_left_over(world: World) -> Iterator[str]:
    """I2: what was published is applied or quarantined; only poison is quarantined; nothing waits."""
    yield from nothing_parked(world)
    yield from only_poison_is_quarantined(world)
    for key in sorted(set(world.arrived) - set(Inbox.objects.values_list("key", flat=True))):
        yield f"the message {key} was taken from its queue and never applied"


def nothing_parked(_: World) -> Iterator[str]:
    """A part of I2."""
    for parked in Parked.objects.all():
        yield f"a message is still parked: {parked.reason}"


def only_poison_is_quarantined(world: World) -> Iterator[str]:
    """A part of I2."""
    for kept in Quarantine.objects.order_by("id"):
        if bytes(kept.body) not in world.poison:
            yield f"a good message is in the quarantine: {kept.reason}"


def states_agree(world: World) -> Iterator[str]:
    """I3: the database says of every server and port what the backend says."""
    for row in Server.objects.exclude(observed="gone"):
        owner, status, nics = world.instances.get(row.instance, ("", "", frozenset()))
        if owner != row.pk:
            if not (row.mode == "failed" and row.observed == "none"):
                yield f"{row.instance} is {row.observed}/{row.mode} here and absent there"
            continue
        if row.observed != status:
            yield f"{row.instance} is {row.observed} here and {status} there"
        plugged = {port.pk for port in Port.objects.filter(device=row.pk, observed="plugged")}
        there = {name.rsplit("nic-", 1)[-1] for name in nics}
        if plugged != there:
            yield f"{row.instance} has ports {sorted(plugged)} here and {sorted(there)} there"


def nothing_stuck(_: World) -> Iterator[str]:
    """I4: no command is unsettled, no state is in between."""
    for row in Command.objects.exclude(status="settled"):
        yield f"command {row.verb} {row.pk} is {row.status} (job {row.job}, attempts {row.attempts})"
    for server in Server.objects.exclude(command="").exclude(command__in=Command.objects.values("pk")):
        yield f"{server.instance} waits for a command that does not exist"
    for server in Server.objects.filter(observed="removed"):
        yield f"{server.instance} was removed and never closed"


def no_orphans(world: World) -> Iterator[str]:
    """I5: every instance of ours there has a living server here, and every port made with a server ends with it."""
    owners = dict(Server.objects.values_list("pk", "observed"))
    for name, (owner, _, _) in world.instances.items():
        if name.startswith(settings.BACKEND_PREFIX_ID) and owners.get(owner, "gone") == "gone":
            yield f"instance {name} of {owner} has no server"
    gone = Server.objects.filter(observed="gone").values("pk")
    for port in Port.objects.filter(owned=True, device__in=gone).exclude(observed="gone"):
        yield f"port {port.pk} has outlived its server"


def usage_is_the_sum(_: World) -> Iterator[str]:
    """I6: usage is the sum of what there is, never negative; addresses belong to living ports."""
    living = Server.objects.exclude(observed="gone")
    for project in set(Delta.objects.values_list("project", flat=True)):
        mine = living.filter(project=project)
        sums = mine.aggregate(cores=Sum("vcpus"), ram=Sum("ram"))
        ports = Port.objects.filter(project=project).exclude(observed="gone").count()
        real = {"servers": mine.count(), "cores": sums["cores"] or 0, "ram": sums["ram"] or 0, "ports": ports}
        for resource, amount in real.items():
            if quota.used(project, resource) != amount:
                yield f"{project} uses {amount} {resource}, counted {quota.used(project, resource)}"
    if Address.objects.filter(port__observed="gone").exists():
        yield "an address is held by a port that is gone"


def histories_are_paths(world: World) -> Iterator[str]:
    """I7: the journal replays to the columns, nothing comes back from the end, no fence moves back, and a look changes
    only what it was asked about."""
    for model, kind in ((Server, "server"), (Port, "port")):
        for row in model.objects.all():
            replayed: dict[str, object] = {}
            for line in Journal.objects.filter(kind=kind, resource=row.pk).order_by("id"):
                if replayed.get("observed") == "gone" and line.changes.get("observed", "gone") != "gone":
                    yield f"{kind} {row.pk} came back from the end"
                if _fence(replayed | line.changes) < _fence(replayed):
                    yield f"{kind} {row.pk}: the fence moved back with job {line.job}"
                asked = (row.pk, line.changes.get("version", 0) - 1)
                watched = world.looks is not None and kind == "server" and line.what in {"seen", "missing"}
                if watched and asked not in (world.looks or ()):
                    yield f"{kind} {row.pk}: {line.text!r} is the answer about another version than {asked[1]}"
                replayed |= line.changes
            wrong = [name for name in STATE_COLUMNS if replayed.get(name) != getattr(row, name)]
            if wrong:
                yield f"{kind} {row.pk}: the journal gives another {', '.join(wrong)}"


def _fence(columns: dict[str, Any]) -> tuple[int, int]:
    return columns.get("fence_job", 0), columns.get("fence_op", 0)


def every_change_has_a_cause(_: World) -> Iterator[str]:
    """I8: each line that changed a state names who or what did it."""
    for line in Journal.objects.exclude(changes={}).filter(actor=""):
        yield f"journal line {line.pk} ({line.what}) has no actor"


def nobody_holds_on(_: World) -> Iterator[str]:
    """I9: no claim and no lease outlives its holder by more than its time."""
    now = clock.now()
    for row in Command.objects.filter(status="claimed", lease_until__lt=now):
        yield f"command {row.pk} is claimed past its lease"
    for lease in Lease.objects.filter(until__lt=now - LONG_AGO):
        yield f"nobody has had the lease {lease.name} since {lease.until}"


def no_unexplained_errors(world: World) -> Iterator[str]:
    """I10: no error was logged that the run did not ask for."""
    yield from world.errors_logged


INVARIANTS: dict[str, Callable[[World], Iterator[str]]] = {
    "I1": one_effective_job,
    "I2": nothing_left_over,
    "I3": states_agree,
    "I4": nothing_stuck,
    "I5": no_orphans,
    "I6": usage_is_the_sum,
    "I7": histories_are_paths,
    "I8": every_change_has_a_cause,
    "I9": nobody_holds_on,
    "I10": no_unexplained_errors,
}


def violations(world: World) -> list[str]:
    """Every sentence, with the invariant's number before it."""
    return [f"{name}: {sentence}" for name, check in INVARIANTS.items() for sentence in check(world)]
