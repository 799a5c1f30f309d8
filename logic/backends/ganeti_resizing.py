"""Giving an instance another size: its first disk grown, its memory and processors set, and its guest restarted.

Called by ``ganeti_ordering``; blocks. These are jobs of which each needs the success of the one before. The disk comes first
and the guest last, so that whatever fails leaves it running as it was. A disk that has grown in vain does no harm, and is there
when it is tried again. The last job is the command's; the others carry its id as parts.
"""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from logic.errors import Rejected, Transient
from logic.messages.commands import ResizeServer


class Step(msgspec.Struct, frozen=True):
    """A job to send. There is one of an opcode."""

    opcode: str
    send: Callable[..., int]


def order(client: RapiClient, command: ResizeServer, depends: tuple[int, ...]) -> int:
    """The last job. What an earlier attempt has sent of those before it is not sent again."""
    *before, last = _steps(client, command)
    sent, needs = _sent(client, command), list[int]()
    whole, part = vocabulary.reason_of(command.id), vocabulary.part_of(command.id)
    try:
        for step in before:
            job = sent.get(step.opcode)
            needs = [job or step.send(reason=part, depends=() if needs else depends, needs=needs)]
        return last.send(reason=whole, depends=() if needs else depends, needs=needs)
    except Transient as error:
        error.unclear = error.unclear or bool(needs)  # what has been sent is looked for before any more is
        raise


def _steps(client: RapiClient, command: ResizeServer) -> Iterator[Step]:
    name = command.instance
    if _grows(client, command):
        yield Step(vocabulary.OP_GROW_DISK, partial(client.grow_disk, name, 0, size=command.disk))
    size = partial(client.modify_size, name, memory=command.memory, vcpus=command.vcpus)
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


def _sent(client: RapiClient, command: ResizeServer) -> dict[str, int]:
    """The jobs before the last that an earlier attempt has sent, by their opcodes: those that have worked or still may."""
    if not command.sending.again:
        return {}
    found = [job for job in client.jobs_after(command.sending.since) if command.id in job.parts]
    failed = {vocabulary.ERROR, vocabulary.CANCELED}
    return {job.ops[0].opcode: job.id for job in found if job.status not in failed}
