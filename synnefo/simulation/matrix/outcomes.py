"""The state a run has come to, as data that two runs can be compared by: no ids, no times, no counters.

What only orders observations (fences, versions) may differ between a run with a fault and one without; what a tenant, an
operator or the cluster sees may not.
"""

import msgspec
from django.conf import settings

from ganeti.vocabulary import is_volume
from logic.compute.models import Server
from logic.ledger.models import Command, Parked, Quarantine
from logic.network.models import Address, Port
from logic.quota import queries as quota
from logic.volume.models import Volume
from synnefo.simulation.invariants import COUNTED, World
from synnefo.simulation.matrix.operations import USER

PREFIX = settings.BACKEND_PREFIX_ID
STATE = ("observed", "mode", "fault", "fault_code", "command", "verb", "missing")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Servers, ports and volumes by their state columns, usage by resource, instances on the cluster by what they are (and of
    those with disks that have names, which are volumes'), messages
    set aside, commands that are not settled, ends of jobs that the event daemon has not told (looking would heal that)."""

    servers: list[tuple[object, ...]]
    ports: list[tuple[object, ...]]
    volumes: list[tuple[object, ...]]
    disks: list[list[bool]]
    addresses: int
    usage: dict[str, int]
    instances: list[tuple[str, int]]
    parked: int
    quarantined: int
    unsettled: int
    untold: int


def outcome(world: World, *, untold: int) -> Outcome:
    """As it is now."""
    return Outcome(
        servers=sorted(Server.objects.values_list(*STATE)),
        ports=sorted(Port.objects.values_list(*STATE, "owned")),
        volumes=sorted(Volume.objects.values_list(*STATE)),
        disks=sorted(
            [is_volume(PREFIX, home), *sorted(is_volume(PREFIX, disk) for disk in disks)]
            for home, disks in world.disks.items()
        ),
        addresses=Address.objects.exclude(port=None).count(),
        usage={resource: quota.used(USER.project, resource) for resource in COUNTED},
        instances=sorted((condition, len(nics)) for _, condition, nics in world.instances.values()),
        parked=Parked.objects.count(),
        quarantined=Quarantine.objects.count(),
        unsettled=Command.objects.exclude(status="settled").count(),
        untold=untold,
    )


def differences(before: Outcome, after: Outcome) -> list[str]:
    """Sentences; none when they are the same."""
    names = [one.name for one in msgspec.structs.fields(Outcome)]
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in names]
    return [f"{name}: {now} instead of {was}" for name, was, now in pairs if was != now]
