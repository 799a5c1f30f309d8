"""A command that is several jobs, of which each needs the success of the one before. The last is the command's own; the others
carry its id as parts. Called by what orders such (``ganeti_resizing``, ``ganeti_rescuing``); blocks.
"""

from collections.abc import Callable, Iterable

import msgspec

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from logic.errors import Transient
from logic.messages.commands import Command


class Step(msgspec.Struct, frozen=True):
    """A job to send. There is one of an opcode, beside its ``rehearsal``: a dry run."""

    opcode: str
    send: Callable[..., int]
    rehearsal: bool = False


def order(client: RapiClient, command: Command, steps: Iterable[Step], depends: tuple[int, ...]) -> int:
    """The last job. What an earlier attempt has sent of those before it is not sent again."""
    *before, last = steps
    sent, needs = _sent(client, command), list[int]()
    whole, part = vocabulary.reason_of(command.id), vocabulary.part_of(command.id)
    try:
        for step in before:
            job = sent.get((step.opcode, step.rehearsal))
            needs = [job or step.send(reason=part, depends=() if needs else depends, needs=needs)]
        return last.send(reason=whole, depends=() if needs else depends, needs=needs)
    except Transient as error:
        error.unclear = error.unclear or bool(needs)  # what has been sent is looked for before any more is
        raise


def _sent(client: RapiClient, command: Command) -> dict[tuple[str, bool], int]:
    """The jobs before the last that an earlier attempt has sent, by what they are: those that have worked or still may."""
    if not command.sending.again:
        return {}
    found = [job for job in client.jobs_after(command.sending.since) if command.id in job.parts]
    failed = {vocabulary.ERROR, vocabulary.CANCELED}
    return {(job.ops[0].opcode, job.ops[0].dry_run): job.id for job in found if job.status not in failed}
