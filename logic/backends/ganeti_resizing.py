"""Giving an instance another size: its first disk grown, its memory and processors set, and its guest restarted.

Called by ``ganeti_ordering``; blocks. These are jobs of which each needs the success of the one before. The disk comes first
and the guest last, so that whatever fails leaves it running as it was. Since no disk ever shrinks, the parameters are rehearsed
before one grows: what the policy forbids, or its node has no memory for, is known then. One that has grown in vain all the same
does no harm, and is there when it is tried again.
"""

from collections.abc import Iterator
from functools import partial

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from logic.backends import ganeti_chaining as chaining
from logic.backends.ganeti_chaining import Step
from logic.errors import Rejected
from logic.messages.commands import ResizeServer


def order(client: RapiClient, command: ResizeServer, depends: tuple[int, ...]) -> int:
    """The last job."""
    return chaining.order(client, command, _steps(client, command), depends)


def _steps(client: RapiClient, command: ResizeServer) -> Iterator[Step]:
    name = command.instance
    size = partial(client.modify_size, name, memory=command.memory, vcpus=command.vcpus)
    if _grows(client, command):
        yield Step(vocabulary.OP_SET_PARAMS, partial(size, rehearsal=True), rehearsal=True)
        yield Step(vocabulary.OP_GROW_DISK, partial(client.grow_disk, name, 0, size=command.disk))
    yield Step(vocabulary.OP_SET_PARAMS, size)
    if command.restart:
        yield Step(vocabulary.OP_REBOOT, partial(client.reboot, name, hard=True))


def _grows(client: RapiClient, command: ResizeServer) -> bool:
    """Raises ``Rejected`` when there is nothing to grow."""
    if not command.disk:
        return False
    disks = client.measured(command.instance).disks
    if not disks:
        raise Rejected("it has no disk that could grow", code="not-supported")
    return command.disk > disks[0]
