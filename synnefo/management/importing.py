"""``manage.py server-import``, step by step: ask the cluster, plan, rehearse, mark the instance there, write the rows.

Nothing is half made. What the database would refuse is refused before the cluster is told anything; what fails after that
is taken back there. Should this process die between the two, the instance is tagged with an id that no server has: an
orphan, which the same command takes over with that id.
"""

import sys

import msgspec

from logic.access import Caller, operator
from logic.backends.base import Adopting, Backend, Described, Facts
from logic.compute import adopting
from logic.compute.adopting import Plan, Wanted
from logic.errors import BackendFailure, Gone, NotFound, NotSupported
from synnefo.management.asking import ask
from synnefo.management.backends import backend


def planned(wanted: Wanted, instance: str) -> Plan:
    """What an import would make. Nothing is told to the cluster. Raises refusals and :class:`BackendFailure`."""
    facts, found = _described(backend(wanted.backend).name, instance)
    made = adopting.plan(wanted, found, facts.incarnation)
    adopting.rehearse(caller_of(wanted), made)
    return made


def carry_out(made: Plan) -> None:
    """Mark, then write. Raises what went wrong, with the cluster as it was before."""
    name, reason = made.wanted.backend, f"synnefo server-import {made.server}"
    try:
        ask(name, lambda cluster: adopting_of(cluster).mark(made.found, made.marks, reason=reason))
        adopting.adopt(caller_of(made.wanted), made)
    except BaseException:
        _take_back(made, name, reason)
        raise


def _take_back(made: Plan, name: str, reason: str) -> None:
    """As far as the cluster answers; what is left is an orphan, and can be imported again."""
    try:
        ask(name, lambda cluster: adopting_of(cluster).unmark(made.found, made.marks, reason=reason))
    except BackendFailure as error:
        sys.stderr.write(f"The marks on {made.found.instance} could not be taken back: {error}\n")


def _described(name: str, instance: str) -> tuple[Facts, Described]:
    async def question(cluster: Backend) -> tuple[Facts, Described]:
        return await cluster.facts(), await adopting_of(cluster).describe(instance)

    try:
        return ask(name, question)
    except Gone as error:
        raise NotFound(kind=f"instance on {name}", id=instance) from error


def adopting_of(cluster: Backend) -> Adopting:
    """Raises :class:`NotSupported`."""
    if isinstance(cluster, Adopting):
        return cluster
    raise NotSupported(reason=f"Instances of clusters of kind {cluster.kind} cannot be taken over.")


def caller_of(wanted: Wanted) -> Caller:
    """The person at the keyboard, acting in the project."""
    return msgspec.structs.replace(operator(), project=wanted.project)
