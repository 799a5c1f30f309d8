"""What a busy cluster's event daemon would say: jobs of many servers, four statuses each, in the order of their ids."""

from collections.abc import Iterator

from django.conf import settings

from ganeti.vocabulary import instance_name
from logic.compute.models import Server
from logic.messages import codec
from logic.messages.observations import JobChanged
from logic.placement.models import Backend

CLUSTER = "bench"
INCARNATION = "00000000-0000-4000-8000-00000000beef"
STATUSES = ("queued", "waiting", "running", "success")
OPCODES = ("OP_INSTANCE_SHUTDOWN", "OP_INSTANCE_STARTUP")


def populate(servers: int) -> None:
    """A cluster with that many running servers."""
    backend = Backend.objects.create(name=CLUSTER, endpoint="https://127.0.0.1:1", incarnation=INCARNATION)
    rows = (
        Server(
            number=number, name=f"bench-{number}", project="0" * 32, user="bench", flavor_id="1", flavor_name="f", vcpus=1,
            ram=1, disk=1, backend=backend, incarnation=INCARNATION, observed="running",
        )
        for number in range(1, servers + 1)
    )  # fmt: skip
    Server.objects.bulk_create(rows, batch_size=1000)


def bodies(count: int, servers: int, first_job: int) -> Iterator[bytes]:
    """``count`` messages; jobs from ``first_job`` on, each of the next server in turn."""
    for number in range(count // len(STATUSES)):
        server = number % servers + 1
        opcode = OPCODES[(number // servers) % 2]
        for status in STATUSES:
            yield codec.encode(
                JobChanged(
                    cluster=CLUSTER,
                    incarnation=INCARNATION,
                    job=first_job + number,
                    op=0,
                    opcode=opcode,
                    status=status,
                    instance=instance_name(settings.BACKEND_PREFIX_ID, server),
                    origin="gnt:client:gnt-instance",
                )
            )
