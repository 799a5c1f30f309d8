"""A resize as its tests tell it: up to three jobs, one after the other, of which the last has the command's id."""

from logic.compute import commands, queries
from logic.compute.models import Flavor
from logic.ledger.models import Command
from logic.messages import codec
from logic.quota.queries import usage
from logic.testing.worlds import ALICE, accepted, furnish, job, running, seen, take, tell

GROW, MODIFY, RESTART = "OP_INSTANCE_GROW_DISK", "OP_INSTANCE_SET_PARAMS", "OP_INSTANCE_REBOOT"
LARGE = "2"


def offered():
    """The small cloud, with flavors to choose from."""
    home = furnish()
    Flavor.objects.create(id=LARGE, name="m1.large", vcpus=2, ram=1024, disk=2)
    Flavor.objects.create(id="3", name="m1.wide", vcpus=4, ram=256, disk=1)
    return home


def resize(server, flavor=LARGE, caller=ALICE):
    commands.resize_server(caller, server.pk, flavor)


def order(server):
    return codec.decode_command(bytes(Command.objects.filter(resource=server.pk).latest("created_at").payload))


def part(server, number, opcode, status="success", **fields):
    """One before the last."""
    return job(server, "stop", number, status, opcode=opcode, **fields)


def end(server, taken, number, opcode, status="success", **fields):
    """The last one."""
    return job(server, "stop", number, status, taken.command.id, opcode=opcode, **fields)


def stopped():
    server = running()
    tell(seen(server, "stopped"))
    return server


def resized():
    """A server that waits to be confirmed."""
    server = running()
    resize(server)
    taken = take()
    tell(accepted(taken, 9), part(server, 7, GROW), part(server, 8, MODIFY), end(server, taken, 9, RESTART))
    return server


def shown(server):
    """Its status, and its size: the flavor's name, memory and disk."""
    found = queries.server(ALICE, server.pk)
    return found.status, found.flavor.name, found.flavor.ram, found.flavor.disk


def usage_of(caller):
    """Cores and memory."""
    used = usage(caller.project)
    return used["cores"], used["ram"]
