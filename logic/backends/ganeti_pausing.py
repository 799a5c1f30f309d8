"""Pausing a guest: Ganeti has no word for it, so a hook of ours on its node does it (``snf-pause-hook``), while a job has the
instance; and what nodes say of who is paused.

Called by ``ganeti_ordering`` and ``ganeti``; blocks. The jobs are two: the tag that says what is wanted, and a change of the
guest's memory to what it has, which changes nothing and is the one whose hook looks at the tag. Tags that orders of a password
have left go too: another hook looks at them then. docs/decisions/0049.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Final

import msgspec

from ganeti import vocabulary
from ganeti.nodes import Nodes
from ganeti.rapi import RapiClient
from ganeti.replies import Fed
from logic.backends import ganeti_chaining as chaining
from logic.backends.ganeti_chaining import Step
from logic.errors import BackendFailure, Rejected, Transient
from logic.messages.commands import PauseServer

RUNNING: Final = "running"
PAUSED: Final = "paused"
NOT_YET: Final = 0.5  # seconds until it is asked for again, growing to five
WAITED_FOR: Final = 3  # nodes that do not answer, in one look


def order(client: RapiClient, command: PauseServer, depends: tuple[int, ...]) -> int:
    """The last job. Raises as :func:`running` does."""
    memory, found = running(client, command.instance)
    name, steps = command.instance, list[Step]()
    is_tagged = vocabulary.PAUSED_TAG in found.tags
    if wrong := vocabulary.password_tags(found.tags) + [vocabulary.PAUSED_TAG] * (is_tagged and not command.paused):
        steps.append(Step(vocabulary.OP_DELETE_TAGS, partial(_untag, client, name, wrong)))
    if command.paused and not is_tagged:
        steps.append(Step(vocabulary.OP_SET_TAGS, partial(_tag, client, name)))

    def tell(*, reason: str, depends: Collection[int], needs: Collection[int]) -> int:
        return client.modify_memory(name, memory, reason=reason, depends=tuple(depends), needs=tuple(needs))

    return chaining.order(client, command, [*steps, Step(vocabulary.OP_SET_PARAMS, tell)], depends)


def running(client: RapiClient, name: str) -> tuple[int, Fed]:
    """How much memory a guest has, and what else there is to know of it. Raises ``Rejected`` for one that does not run,
    ``Transient`` while a job may have stopped it for a while, as one that reads its disks does."""
    found = client.fed(name)
    if found.oper_ram is None:
        _await_quiet(client, name)
        found = client.fed(name)
    if found.oper_ram is None:
        raise Rejected("it does not run", code="wrong_state")
    return found.oper_ram, found


def _await_quiet(client: RapiClient, name: str) -> None:
    if any(work.status not in vocabulary.FINAL and name in work.about for work in client.work().values()):
        raise Transient("a job has it, and it does not run meanwhile", delay=NOT_YET)


def _tag(client: RapiClient, name: str, *, reason: str, **_: object) -> int:
    """It waits for nobody: orders of tags cannot."""
    return client.tag(name, vocabulary.PAUSED_TAG, reason=reason)


def _untag(client: RapiClient, name: str, tags: Sequence[str], *, reason: str, **_: object) -> int:
    return client.untag(name, *tags, reason=reason)


class Heard(msgspec.Struct, frozen=True):
    """Who is paused, by the UUIDs of instances, and the nodes that did not say."""

    paused: frozenset[str]
    silent: frozenset[str]


NOTHING: Final = Heard(frozenset(), frozenset())


class Tellers:
    """The nodes of a cluster. Those that did not say last time are asked last, and no more of them than a look can wait for."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._silent = frozenset[str]()

    def heard(self, names: Iterable[str]) -> Heard:
        """Each of these is asked once."""
        paused, silent = frozenset[str](), set[str]()
        for name in sorted(set(names), key=lambda one: (one in self._silent, one)):
            told = self._paused(name) if len(silent) < WAITED_FOR else None
            if told is None:
                silent.add(name)
            else:
                paused |= told
        self._silent = frozenset(silent)
        return Heard(paused, self._silent)

    def _paused(self, name: str) -> frozenset[str] | None:
        try:
            return self._nodes.paused(name)
        except BackendFailure:
            return None
