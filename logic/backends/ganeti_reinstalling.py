"""Reinstalling an instance, and knowing the job of that again, which carries nothing of ours.

RAPI's reinstallation takes no reason, so that no command's id is in its job (docs/decisions/0030). It is known by what it does
to which instance, and by not having been asked for with Ganeti's own command line. Called by ``ganeti``, which sends and finds
it, and by ``ganeti_looking``, which looks what has become of it.
"""

from typing import Final

from msgspec.structs import replace

from ganeti.jobfile import Job, observations
from ganeti.rapi import RapiClient
from ganeti.vocabulary import OP_REINSTALL
from logic.backends import os_parameters
from logic.errors import Transient
from logic.messages.commands import Command, RebuildServer
from logic.messages.observations import JobChanged

_COMMAND_LINE: Final = "gnt:client"  # who has asked, of what an operator did with gnt-instance


def order(client: RapiClient, command: RebuildServer, depends: tuple[int, ...]) -> int:
    """The job. It cannot be made to wait for others: it is sent when they are over. Blocks."""
    if depends:
        raise Transient(f"job {depends[0]} of this instance is not over")
    params = os_parameters.told_again(command.os, command.os_params)
    return client.reinstall(command.instance, os=command.os, osparams=params, start=command.start)


def is_of(command: Command, job: Job) -> bool:
    """Is this job the command's? A reinstallation of the instance by anybody else but an operator counts: there is one at a
    time, and what was there before the command was sent nobody asks about."""
    return command.id in job.commands or (isinstance(command, RebuildServer) and _reinstalls(job, command.instance))


def _reinstalls(job: Job, instance: str) -> bool:
    return any(
        op.opcode == OP_REINSTALL and op.instance == instance and not op.origin.startswith(_COMMAND_LINE)
        for op in job.ops
    )


def told(job: Job, cluster: str, incarnation: str, about: tuple[str, str]) -> list[JobChanged]:
    """What it tells, as the command's; nothing if it is no reinstallation. ``about`` are the instance and the command whose
    job's number this is."""
    instance, command = about
    if not _reinstalls(job, instance):
        return []
    return [replace(one, command=command) for one in observations(job, cluster, incarnation)]
