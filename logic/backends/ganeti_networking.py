"""Networks of ours on a cluster: made and connected to every node group, removed, and waited for.

Called by ``ganeti.GanetiBackend``. A network takes several jobs, each waiting for the one before: one to make it and one for
each node group to connect it. The last is the command's, by its id in the reason trail. Ganeti makes two networks of one
name when two jobs want it at the same time, so none is made while another job of that kind is under way; that two workers do
not ask at once is the ledger's affair, where one command of a network is in flight. Everything here blocks.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ganeti import vocabulary
from ganeti.jobfile import Job
from ganeti.rapi import RapiClient
from logic.errors import Gone, Rejected, Transient
from logic.messages.commands import Command, ConnectNetwork, DisconnectNetwork, NetworkSpec

NOT_YET: Final = 0.5  # seconds until who waits for a network is tried again, growing with each attempt to five
PATIENCE: Final = 20  # times that a command is told to come again: a minute and a half
MOST: Final = 10_000  # commands that are counted
_MAKING: Final = frozenset({vocabulary.OP_NETWORK_ADD, vocabulary.OP_NETWORK_CONNECT})


def connect(client: RapiClient, command: ConnectNetwork, depends: Sequence[int]) -> int:
    """The job of the command: when it has succeeded, all have."""
    spec, part = command.network, vocabulary.part_of(command.id)
    way = {"network_mode": spec.mode, "network_link": spec.link or _usual_link(client, spec)}
    waits = [*depends, *_being_added(client.jobs(), spec.name)]
    if len(waits) == len(depends) and not _is_there(client, spec.name):
        waits.append(client.add_network(_described(spec), reason=part, depends=depends))
    *others, last = client.group_names()
    for group in others:
        waits = [client.connect_network(spec.name, group, way, reason=part, depends=waits)]
    return client.connect_network(spec.name, last, way, reason=vocabulary.reason_of(command.id), depends=waits)


def disconnect(client: RapiClient, command: DisconnectNetwork, depends: Sequence[int]) -> int:
    """Cut off from every group, wherever it is, and removed. The job fails as long as an instance is on it."""
    part, waits = vocabulary.part_of(command.id), list(depends)
    for group in client.group_names():
        waits = [client.disconnect_network(command.name, group, reason=part, depends=waits)]
    return client.remove_network(command.name, reason=vocabulary.reason_of(command.id), depends=waits)


class Waiting:
    """Those who wait for networks of a cluster: how often each command was told that one is not there."""

    def __init__(self) -> None:
        self._told: Counter[str] = Counter()

    def await_there(self, client: RapiClient, command: Command, names: Iterable[str]) -> None:
        """Raises :class:`Transient` while one of these networks is not there yet; :class:`Rejected` when the last attempt to make
        it has failed, or when the command has waited for long. How often the cluster did not answer does not count."""
        missing = next((name for name in dict.fromkeys(names) if not _groups(client, name)), "")
        if not missing:
            self._told.pop(command.id, None)
            return
        if len(self._told) > MOST:
            self._told.clear()  # of commands that somebody else has settled
        self._told[command.id] += 1
        why = _why(client, missing, command.sending.since) if self._told[command.id] > 1 else ""
        if why or self._told[command.id] > PATIENCE:
            del self._told[command.id]
            raise Rejected(
                f"its network {missing} cannot be made on the cluster: {why or 'it does not come'}", code="network"
            )
        raise Transient(f"its network {missing} is not on the cluster yet", delay=NOT_YET)


def _why(client: RapiClient, name: str, since: int) -> str:
    """What the last attempt to make it has failed with, later than the job ``since``; empty when it has not. That is what the
    first of its jobs that failed says: the others only miss what that did not make."""
    jobs = [job for job in client.jobs_after(since) if _concerns(job, name, _MAKING)]
    jobs.sort(key=lambda job: job.id)
    if not jobs or not all(job.final for job in jobs) or not _failed(jobs[-1]):
        return ""
    job = client.job(next(job.id for job in jobs if _failed(job)))
    return next((op.error for op in job.ops if op.error), "it was canceled") if job else ""


def _usual_link(client: RapiClient, spec: NetworkSpec) -> str:
    """The cluster's own, which a network has to name."""
    link = client.info().link(spec.mode)
    if not link:
        raise Rejected(
            f"network {spec.name} names no link for the mode {spec.mode}, nor does the cluster", code="bad-request"
        )
    return link


def _described(spec: NetworkSpec) -> dict[str, Any]:
    given = {
        "network_name": spec.name,
        "network": spec.cidr,
        "gateway": spec.gateway,
        "network6": spec.cidr6,
        "gateway6": spec.gateway6,
        "mac_prefix": spec.mac_prefix,
        "tags": list(spec.tags),
    }
    return {name: value for name, value in given.items() if value} | {"conflicts_check": False}


def _is_there(client: RapiClient, name: str) -> bool:
    try:
        client.network(name)
    except Gone:
        return False
    return True


def _groups(client: RapiClient, name: str) -> frozenset[str]:
    try:
        return client.network(name).groups
    except Gone:
        return frozenset()


def _being_added(jobs: Iterable[Job], name: str) -> list[int]:
    adding = frozenset({vocabulary.OP_NETWORK_ADD})
    return [job.id for job in jobs if not job.final and _concerns(job, name, adding)]


def _concerns(job: Job, name: str, opcodes: frozenset[str]) -> bool:
    return any(op.network == name and op.opcode in opcodes for op in job.ops)


def _failed(job: Job) -> bool:
    return job.status in {vocabulary.ERROR, vocabulary.CANCELED}
