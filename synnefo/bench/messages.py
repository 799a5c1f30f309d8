"""What the event daemons of busy clusters would say: jobs of many servers, four statuses each, in the order of their ids."""

import itertools
from collections.abc import Iterator

import msgspec

from ganeti.vocabulary import instance_name
from logic.messages.observations import JobChanged
from synnefo.bench.names import INCARNATION, cluster_of

STATUSES = ("queued", "waiting", "running", "success")
OPCODES = {"OP_INSTANCE_SHUTDOWN": "stopped", "OP_INSTANCE_STARTUP": "running"}


class Load(msgspec.Struct, frozen=True):
    """``count`` messages about ``resources`` servers with the numbers from 1 on; jobs from ``first_job`` on."""

    prefix: str
    count: int
    resources: int
    first_job: int

    @property
    def next_job(self) -> int:
        """For the load that comes after this one."""
        return self.first_job + self.count // len(STATUSES)

    @property
    def final(self) -> int:
        """The job from which on every server's last one is."""
        return self.next_job - min(self.resources, self.count // len(STATUSES))

    def __iter__(self) -> Iterator[JobChanged]:
        for place, status in itertools.product(range(self.next_job - self.first_job), STATUSES):
            server, turn = place % self.resources + 1, place // self.resources
            yield job(self.prefix, server, self.first_job + place, status, list(OPCODES)[turn % len(OPCODES)])


def job(prefix: str, server: int, number: int, status: str, opcode: str) -> JobChanged:
    """One status of a job that somebody began at the cluster."""
    return JobChanged(
        cluster=cluster_of(server),
        incarnation=INCARNATION,
        job=number,
        op=0,
        opcode=opcode,
        status=status,
        instance=instance_name(f"{prefix}-", server),
        origin="gnt:client:gnt-instance",
    )
