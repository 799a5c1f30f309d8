"""The urls.py of events: which resource an observation is about, and how it is found. A new observation adds a line.

Called by ``advancing`` with a whole batch, so that each way is one query. A name is only an address, never an identity:
the reaction checks uuid, incarnation and owner.
"""

from collections.abc import Callable, Collection, Sequence

import msgspec
from django.conf import settings

from ganeti.vocabulary import number_of
from logic.ledger import moving
from logic.ledger.envelopes import Envelope
from logic.ledger.store import store
from logic.messages.observations import (
    Accepted,
    AnyObservation,
    BuildProgress,
    InstanceSeen,
    JobChanged,
    NetworkSeen,
    NicSeen,
    Observation,
    Postponed,
    Refused,
    VolumeSeen,
)


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where an observation goes: a resource; or nowhere, for a reason: ``foreign`` (not ours), ``unknown`` (ours by its
    name, but not in the database: park it), ``impossible`` (quarantine it)."""

    kind: str = ""
    id: str = ""
    nowhere: str = ""
    reason: str = ""


class Known(msgspec.Struct, frozen=True):
    """What the database knows of the names in a batch: two queries for all of it. ``tried``: where commands were that are told of
    by another cluster than theirs."""

    clusters: dict[str, int]
    commands: dict[str, tuple[str, str, int]]
    tried: dict[str, frozenset[str]]
    servers: dict[tuple[int, int], str]


def resolve(envelopes: Sequence[Envelope]) -> list[Address]:
    """One address an envelope; every envelope has an observation."""
    seen = [envelope.observation for envelope in envelopes if envelope.observation]
    numbers = {number for one in seen if (number := _number(one))}
    clusters, servers = store().addresses({one.cluster for one in seen}, numbers)
    wanted = {id for one in seen if (id := getattr(one, "command", ""))}
    commands = store().owners(wanted) if wanted else {}
    known = Known(clusters, commands, _tried(seen, clusters, commands), servers)
    return [_address(one, known) for one in seen]


def _tried(
    seen: Sequence[AnyObservation], clusters: dict[str, int], commands: dict[str, tuple[str, str, int]]
) -> dict[str, frozenset[str]]:
    named = {(command, one.cluster) for one in seen if (command := getattr(one, "command", "")) in commands}
    away = {command for command, cluster in named if clusters.get(cluster) != commands[command][2]}
    return moving.tried(store().payloads(away).items()) if away else {}


def homes_of(ports: Collection[str]) -> list[str]:
    """Ids of the servers these ports are plugged into."""
    return store().homes_of(ports)


def _number(one: AnyObservation) -> int | None:
    instance = getattr(one, "instance", "")
    return number_of(settings.BACKEND_PREFIX_ID, instance) if instance else None


def _by_command(one: AnyObservation, known: "Known") -> Address | None:
    """The command's id, from the worker or from the job's reason trail."""
    command = getattr(one, "command", "")
    if not command:
        return None
    if command not in known.commands:
        return None if isinstance(one, JobChanged) else Address(nowhere="impossible", reason=f"no command {command!r}")
    kind, resource, home = known.commands[command]
    if one.cluster in known.tried.get(command, ()):
        return Address(nowhere="foreign", reason=f"cluster {one.cluster!r} had no room for it")
    if home != known.clusters[one.cluster]:
        return Address(nowhere="impossible", reason=f"cluster {one.cluster!r} answers a command of another")
    return Address(kind=kind, id=resource)


def _by_server(one: AnyObservation, _: "Known") -> Address | None:
    """The server's id: reconcile asked about it."""
    return Address(kind="server", id=one.server) if isinstance(one, InstanceSeen) else None


def _by_network(one: AnyObservation, _: "Known") -> Address | None:
    """The id of a network on a cluster: reconcile asked about it."""
    return Address(kind="network", id=one.network) if isinstance(one, NetworkSeen) else None


def _by_volume(one: AnyObservation, _: "Known") -> Address | None:
    """A volume's id: reconcile asked about it."""
    return Address(kind="volume", id=one.volume) if isinstance(one, VolumeSeen) else None


def _by_name(one: AnyObservation, known: "Known") -> Address | None:
    """The instance's name: all that a job file or a hook has."""
    number = _number(one)
    instance = getattr(one, "instance", "")
    if number is None:
        return Address(nowhere="foreign", reason=f"{instance!r} is not a name of ours")
    server = known.servers.get((known.clusters[one.cluster], number))
    if server is None:
        return Address(nowhere="unknown", reason=f"no server has the instance {instance!r} on {one.cluster!r}")
    return Address(kind="server", id=server)


Way = Callable[[AnyObservation, "Known"], Address | None]

# The urls.py of events: for each observation, the ways to its resource, tried in this order.
ROUTES: dict[type[Observation], tuple[Way, ...]] = {
    JobChanged: (_by_command, _by_name),
    Accepted: (_by_command,),
    Refused: (_by_command,),
    Postponed: (_by_command,),
    InstanceSeen: (_by_server,),
    NetworkSeen: (_by_network,),
    VolumeSeen: (_by_volume,),
    NicSeen: (_by_name,),
    BuildProgress: (_by_name,),
}


def _address(one: AnyObservation, known: "Known") -> Address:
    if one.cluster not in known.clusters:
        return Address(nowhere="unknown", reason=f"no backend is called {one.cluster!r}")
    found = (way(one, known) for way in ROUTES[type(one)])
    return next((address for address in found if address), Address(nowhere="impossible", reason="it names nothing"))
