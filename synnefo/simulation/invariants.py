"""What must hold after every run, whatever happened in it: I1 to I10.

Each function yields sentences about what is wrong; none means the invariant holds. The backend's side comes as plain
facts (:class:`World`), so that the same checks serve any backend.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from django.conf import settings

from ganeti.vocabulary import OP_REMOVE, is_volume, volume_name
from logic import clock
from logic.compute.states import MAKES
from logic.ledger.lines import NewLine
from logic.ledger.resources import STATE_COLUMNS
from logic.network.connection_states import Observed as Connected
from logic.placement.fitting import GIB
from synnefo.simulation.tables import Database, Tables

DATABASE = Database()
COUNTED = ("servers", "cores", "ram", "ports", "volumes", "gigabytes", "snapshots")
LONG_AGO = datetime.timedelta(minutes=1)


class JobFact(msgspec.Struct, frozen=True):
    """An operation the backend has run: its opcode, last status, the command in its reason trail, its instance."""

    job: int
    opcode: str
    status: str
    command: str
    instance: str


class World(msgspec.Struct, frozen=True, kw_only=True):
    """What the backend has: instance name → (owner uuid, status word of ours, interface names), and the same with the names of
    their disks, as far as these have any (those on no instance under the empty name), and how large they are (processors,
    memory and first disk in MiB); its jobs; the names of networks that its
    groups reach; the bodies of messages that were poison (put on the bus by the run itself); the inbox keys of the messages
    that reached a queue; and which (server, version) were looked at, None when nobody has watched. ``tables`` is what the
    ledger has written."""

    instances: dict[str, tuple[str, str, frozenset[str]]]
    jobs: list[JobFact]
    networks: frozenset[str] = frozenset()
    disks: Mapping[str, frozenset[str]] = {}
    sizes: Mapping[str, tuple[int, int, int]] = {}
    poison: frozenset[bytes] = frozenset()
    arrived: tuple[str, ...] = ()
    looks: frozenset[tuple[str, int]] | None = None
    errors_logged: tuple[str, ...] = ()
    tables: Tables = DATABASE


def one_effective_job(world: World) -> Iterator[str]:
    """I1: an accepted request has one command, and a command at most one effective job; a reboot at most one job. What somebody
    else has removed in between may be made anew."""
    idempotency, verbs = {}, {}
    for row in world.tables.commands():
        idempotency[row.pk], verbs[row.pk] = row.idempotency, row.verb
    counted: Counter[str] = Counter()
    made: dict[str, str] = {}
    for job in world.jobs:
        once, creates = idempotency.get(job.command) == "once", verbs.get(job.command) in MAKES
        if once or (creates and job.status == "success"):
            counted[job.command] += 1
            if creates:
                made[job.instance] = job.command
        if job.opcode == OP_REMOVE and job.status == "success" and not job.command:
            counted.pop(made.pop(job.instance, ""), None)
    for command, times in counted.items():
        if times > 1:
            yield f"command {command} had {times} effective jobs"


def nothing_left_over(world: World) -> Iterator[str]:
    """I2: what was published is applied or quarantined; only poison is quarantined; nothing waits."""
    yield from nothing_parked(world)
    yield from only_poison_is_quarantined(world)
    for key in sorted(set(world.arrived).difference(world.tables.inbox())):
        yield f"the message {key} was taken from its queue and never applied"


def nothing_parked(world: World) -> Iterator[str]:
    """A part of I2."""
    for parked in world.tables.parked():
        yield f"a message is still parked: {parked.reason}"


def only_poison_is_quarantined(world: World) -> Iterator[str]:
    """A part of I2."""
    for kept in world.tables.quarantined():
        if bytes(kept.body) not in world.poison:
            yield f"a good message is in the quarantine: {kept.reason}"


def networks_agree(world: World) -> Iterator[str]:
    """A part of I3."""
    for network in world.tables.networks():
        reached = any(name.endswith(network.network_id) for name in world.networks)
        if network.observed != (Connected.CONNECTED if reached else Connected.NONE):
            yield f"network {network.network_id} is {network.observed} here, and {reached=} there"


def volumes_agree(world: World) -> Iterator[str]:
    """A part of I3: each has the disk that it says, where it says, and no other."""
    names = {row.pk: row.instance for row in world.tables.servers()}
    there: dict[str, list[str]] = defaultdict(list)
    for home, disks in world.disks.items():
        for disk in disks:
            there[disk].append(home)
    for row in world.tables.volumes():
        name = volume_name(settings.BACKEND_PREFIX_ID, row.pk)
        wanted = {"attached": [names.get(row.device, "")], "held": [name]}.get(row.observed, [])
        found = sorted(there.pop(name, []))
        if row.mode != "failed" and found != wanted:
            yield f"volume {row.pk} is {row.observed} here and its disk elsewhere"
    for disk in sorted(there):
        if is_volume(settings.BACKEND_PREFIX_ID, disk):
            yield f"the disk {disk} on {there[disk]} is of no volume"


def sizes_agree(world: World) -> Iterator[str]:
    """A part of I3: each server has the size that it says; its disk may be larger."""
    for row in world.tables.servers():
        if row.observed in {"none", "gone"} or row.instance not in world.sizes:
            continue
        vcpus, memory, disk = world.sizes[row.instance]
        if (row.vcpus, row.ram) != (vcpus, memory) or row.disk * GIB > disk:
            yield f"{row.instance} has {row.vcpus}, {row.ram}, {row.disk} here and {vcpus}, {memory}, {disk} there"


def states_agree(world: World) -> Iterator[str]:
    """I3: the database says of every server, port, network and volume what the backend says."""
    yield from networks_agree(world)
    yield from volumes_agree(world)
    yield from sizes_agree(world)
    plugged: dict[str, set[str]] = defaultdict(set)
    for port in world.tables.ports():
        if port.observed == "plugged":
            plugged[port.device].add(port.pk)
    for row in world.tables.servers():
        owner, status, nics = world.instances.get(row.instance, ("", "", frozenset()))
        if row.observed == "gone":
            continue
        if owner != row.pk:
            if not (row.mode in {"failed", "offloaded"} and row.observed == "none"):
                yield f"{row.instance} is {row.observed}/{row.mode} here and absent there"
            continue
        if row.observed != status:
            yield f"{row.instance} is {row.observed} here and {status} there"
        there = {name.rsplit("nic-", 1)[-1] for name in nics}
        if plugged[row.pk] != there:
            yield f"{row.instance} has ports {sorted(plugged[row.pk])} here and {sorted(there)} there"


def nothing_stuck(world: World) -> Iterator[str]:
    """I4: no command is unsettled, no state is in between."""
    for row in world.tables.unsettled():
        yield f"command {row.verb} {row.pk} is {row.status} (job {row.job}, attempts {row.attempts})"
    for server in world.tables.servers():
        if server.command and not world.tables.is_command(server.command):
            yield f"{server.instance} waits for a command that does not exist"
        if server.observed == "removed":
            yield f"{server.instance} was removed and never closed"


def no_orphans(world: World) -> Iterator[str]:
    """I5: every instance of ours there has a living server here, and every port made with a server ends with it."""
    owners = {row.pk: row.observed for row in world.tables.servers()}
    names = {row.pk: row.instance for row in world.tables.servers()}
    held = {row.pk for row in world.tables.volumes() if row.observed == "held"}
    for name, (owner, _, _) in world.instances.items():
        if is_volume(settings.BACKEND_PREFIX_ID, name):
            if name.removeprefix(volume_name(settings.BACKEND_PREFIX_ID, "")) not in held:
                yield f"instance {name} keeps no volume"
        elif name.startswith(settings.BACKEND_PREFIX_ID) and owners.get(owner, "gone") == "gone":
            yield f"instance {name} of {owner} has no server"
        elif owner in names and names[owner] != name:
            yield f"instance {name} of {owner} is left over: that is {names[owner]}"
    for port in world.tables.ports():
        if port.owned and port.observed != "gone" and owners.get(port.device) == "gone":
            yield f"port {port.pk} has outlived its server"


def usage_is_the_sum(world: World) -> Iterator[str]:
    """I6: usage is the sum of what there is, never negative; addresses belong to living ports. Of a server that may go back to
    another size the larger of both counts."""
    servers, ports = world.tables.servers(), world.tables.ports()
    real: dict[str, Counter[str]] = defaultdict(Counter)
    for row in servers:
        if row.observed != "gone":
            other = row.other_flavor or {"vcpus": 0, "ram": 0}
            larger = {"cores": max(row.vcpus, other["vcpus"]), "ram": max(row.ram, other["ram"])}
            real[row.project].update({"servers": 1, **larger})
    for port in ports:
        real[port.project]["ports"] += port.observed != "gone"
    for project, takes in _of_volumes(world):
        real[project].update(takes)
    for project, used in sorted(world.tables.usage().items()):
        for resource in COUNTED:
            amount, counted = real[project][resource], used.get(resource, 0)
            if counted != amount:
                yield f"{project} uses {amount} {resource}, counted {counted}"
    addressed = world.tables.addressed()
    if any(port.pk in addressed for port in ports if port.observed == "gone"):
        yield "an address is held by a port that is gone"


def _of_volumes(world: World) -> Iterator[tuple[str, dict[str, int]]]:
    """What volumes and their snapshots take, by whose they are."""
    for volume in world.tables.volumes():
        if volume.observed != "gone":
            yield volume.project, {"volumes": 1, "gigabytes": volume.size}
    for snapshot in world.tables.snapshots():
        yield snapshot.project, {"snapshots": 1, "gigabytes": snapshot.size}


def histories_are_paths(world: World) -> Iterator[str]:
    """I7: the journal replays to the columns, nothing comes back from the end, no fence moves back, and a look changes
    only what it was asked about."""
    replayed: dict[tuple[str, str], dict[str, object]] = defaultdict(dict)
    for line in world.tables.lines():
        if line.changes:
            before = replayed[line.kind, line.resource]
            yield from _step(world, before, line)
            before.update(line.changes)
    tables = world.tables
    for kind, rows in (
        ("server", tables.servers()),
        ("port", tables.ports()),
        ("network", tables.networks()),
        ("volume", tables.volumes()),
    ):
        for row in rows:
            told = replayed[kind, row.pk]
            wrong = [name for name in STATE_COLUMNS if told.get(name) != getattr(row, name)]
            if wrong:
                yield f"{kind} {row.pk}: the journal gives another {', '.join(wrong)}"


def _step(world: World, before: dict[str, Any], line: NewLine) -> Iterator[str]:
    """A line that changes something, after what came before it."""
    kind, id, changes = line.kind, line.resource, line.changes
    if before.get("observed") == "gone" and changes.get("observed", "gone") != "gone":
        yield f"{kind} {id} came back from the end"
    fenced = "fence_job" in changes or "fence_op" in changes
    if fenced and _fence(before | changes) < _fence(before):
        yield f"{kind} {id}: the fence moved back with job {line.job}"
    asked = (id, changes.get("version", 0) - 1)
    watched = world.looks is not None and kind == "server" and line.what in {"seen", "missing"}
    if watched and asked not in (world.looks or ()):
        yield f"{kind} {id}: {line.text!r} is the answer about another version than {asked[1]}"


def _fence(columns: dict[str, Any]) -> tuple[int, int]:
    return columns.get("fence_job", 0), columns.get("fence_op", 0)


def every_change_has_a_cause(world: World) -> Iterator[str]:
    """I8: each line that changed a state names who or what did it."""
    for line in world.tables.lines():
        if line.changes and not line.actor:
            yield f"a journal line of {line.kind} {line.resource} ({line.what}) has no actor"


def nobody_holds_on(world: World) -> Iterator[str]:
    """I9: no claim and no lease outlives its holder by more than its time."""
    now = clock.now()
    for row in world.tables.unsettled():
        if row.status == "claimed" and row.lease_until and row.lease_until < now:
            yield f"command {row.pk} is claimed past its lease"
    for lease in world.tables.leases():
        if lease.until < now - LONG_AGO:
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
