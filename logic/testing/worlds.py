"""A small cloud in the database: a cluster, a flavor, an image, a network, and callers."""

import datetime
from typing import Any

from django.conf import settings

from logic.access import Caller
from logic.compute import commands
from logic.compute.commands import NewServer
from logic.compute.models import Flavor, Server
from logic.image.models import Image
from logic.ledger.claiming import Claim, claim
from logic.ledger.envelopes import local
from logic.ledger.models import Command
from logic.ledger.resources import state_of
from logic.messages.observations import Accepted, AnyObservation, InstanceSeen, JobChanged, Nic
from logic.network.models import Network, Port, Subnet
from logic.placement.models import Backend
from logic.snapshots import State

INCARNATION = "11111111-2222-3333-4444-555555555555"
ALICE = Caller(user="alice", project="a" * 32, roles=frozenset({"member"}), request="req-1", user_name="alice")
BOB = Caller(user="bob", project="b" * 32, roles=frozenset({"member"}), request="req-2", user_name="bob")
READER = Caller(user="rita", project="a" * 32, roles=frozenset({"reader"}), request="req-3", user_name="rita")
ADMIN = Caller(user="admin", project="0" * 32, roles=frozenset({"admin"}), request="req-4", user_name="admin")


def cluster(name: str = "c1", **columns: object) -> Backend:
    """A Ganeti cluster that has said who it is."""
    return Backend.objects.create(name=name, endpoint="https://127.0.0.1:5080", incarnation=INCARNATION, **columns)


def furnish() -> Backend:
    """What a tenant needs to create a server."""
    Flavor.objects.create(id="1", name="m1.tiny", vcpus=1, ram=512, disk=1)
    Image.objects.create(
        id="aaaaaaaa-0000-4000-8000-000000000001",
        name="debian",
        status="active",
        visibility="public",
        disk_format="raw",
        container_format="bare",
        backend_name="debian.raw",
    )
    network = Network.objects.create(
        id="bbbbbbbb-0000-4000-8000-000000000001", name="net", shared=True, is_default=True
    )
    Subnet.objects.create(network=network, cidr="10.0.0.0/24", gateway="10.0.0.1", pools=[["10.0.0.2", "10.0.0.254"]])
    return cluster()


IMAGE = "aaaaaaaa-0000-4000-8000-000000000001"
NETWORK = "bbbbbbbb-0000-4000-8000-000000000001"


def create(caller: Caller = ALICE, name: str = "demo") -> Server:
    """A server just asked for: its command is pending."""
    (id,) = commands.create_servers(caller, NewServer(name=name, flavor="1", image=IMAGE))
    return Server.objects.get(pk=id)


def take(*, lease: float = 60.0) -> Claim:
    """The one command that is due."""
    (taken,) = claim("worker", limit=10, lease=lease)
    return taken


def lease_runs_out(taken: Claim) -> None:
    """Whoever has taken the command has had his time."""
    past = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
    Command.objects.filter(pk=taken.command.id).update(lease_until=past)


def outcome(command: str) -> str:
    """How a command ended; empty while it has not."""
    return str(Command.objects.get(pk=command).outcome)


def tell(*observations: AnyObservation) -> dict[str, int]:
    """Put observations on the road; how many were applied, duplicate, stale…"""
    from logic.dispatcher.policy.splitting import apply_all

    return dict(apply_all([local(one) for one in observations]).counts)


def accepted(taken: Claim, job: int) -> Accepted:
    return Accepted(cluster=taken.backend, command=taken.command.id, epoch=taken.command.sending.epoch, job=job)


OPCODE = {
    "create": "OP_INSTANCE_CREATE",
    "start": "OP_INSTANCE_STARTUP",
    "stop": "OP_INSTANCE_SHUTDOWN",
    "reboot": "OP_INSTANCE_REBOOT",
    "delete": "OP_INSTANCE_REMOVE",
}


def job(server: Server, verb: str, number: int, status: str, command: str = "", **fields: object) -> JobChanged:
    """A job of a server's instance, as the event daemon tells it."""
    values: dict[str, Any] = {"cluster": "c1", "incarnation": INCARNATION, "op": 0, "origin": "gnt:library:rlib2"}
    values |= {"instance_uuid": f"ganeti-{server.number}"} | fields
    values.setdefault("instance", server.instance)
    values.setdefault("opcode", OPCODE[verb])
    return JobChanged(job=number, status=status, command=command, **values)


def seen(server: Server, status: str = "running", *, exists: bool = True, **fields: object) -> InstanceSeen:
    """A look at a server, asked with the version its row has now."""
    values: dict[str, Any] = {"owner": server.pk, "instance_uuid": f"ganeti-{server.number}"} if exists else {}
    if exists:
        ports = Port.objects.filter(device=server.pk)
        prefix = settings.BACKEND_PREFIX_ID
        values["nics"] = tuple(Nic(name=f"{prefix}nic-{port.pk}", mac=port.mac) for port in ports)
    values |= {"version": Server.objects.get(pk=server.pk).version} | fields
    return InstanceSeen(
        cluster="c1",
        incarnation=INCARNATION,
        server=server.pk,
        exists=exists,
        status=status if exists else "",
        instance=server.instance,
        **values,
    )


def state(server: Server) -> State:
    return state_of(Server.objects.get(pk=server.pk))


def running(caller: Caller = ALICE, first_job: int = 1) -> Server:
    """A server that was built and is running."""
    server = create(caller)
    taken = take()
    tell(accepted(taken, first_job), job(server, "create", first_job, "success", taken.command.id))
    return server
