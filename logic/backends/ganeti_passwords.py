"""A password that is set in a guest that runs: Ganeti has no word for it, so a hook of ours on its node has QEMU's agent do it
(``snf-password-hook``), while a job has the instance.

Called by ``ganeti_ordering``; blocks. Of the order Ganeti hears an id, as a tag, by which the node asks for the password. The
jobs are as for pausing, whose hook looks at the same change: a tag of its own that was left would have it stand still.
docs/decisions/0050.
"""

from collections.abc import Collection
from typing import Final

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from ganeti.replies import Fed
from logic.backends import ganeti_chaining as chaining
from logic.backends.ganeti_chaining import Step
from logic.backends.ganeti_pausing import running
from logic.messages.commands import SetPassword

WAY_IN: Final = {"use_guest_agent": True}  # KVM's, from the guest's next start on


def order(client: RapiClient, command: SetPassword, depends: tuple[int, ...]) -> int:
    """The last job. Raises as :func:`running` does."""
    memory, found = running(client, command.instance)
    tags = _Tags(client, command, found)

    def tell(*, reason: str, depends: Collection[int], needs: Collection[int]) -> int:
        awaited = tuple(sorted({*needs, *tags.jobs}))
        return client.modify_memory(
            command.instance, memory, reason=reason, depends=() if awaited else tuple(depends), needs=awaited
        )

    steps = [*tags.steps(), *_way_in(client, command, found), Step(vocabulary.OP_SET_PARAMS, tell)]
    return chaining.order(client, command, steps, depends)


class _Tags:
    """The instance has this order's, and no other that a hook looks at. ``jobs`` are those that see to it: orders of tags wait
    for nobody, not even for each other."""

    def __init__(self, client: RapiClient, command: SetPassword, found: Fed) -> None:
        self._client, self._name = client, command.instance
        self._own = vocabulary.PASSWORD_TAG + command.id
        self._is_there = self._own in found.tags
        others = {*vocabulary.password_tags(found.tags), vocabulary.PAUSED_TAG} & {*found.tags}
        self._others = sorted(others - {self._own})
        self.jobs: list[int] = []

    def steps(self) -> list[Step]:
        taken = [Step(vocabulary.OP_DELETE_TAGS, self._untag)] if self._others else []
        return taken + ([] if self._is_there else [Step(vocabulary.OP_SET_TAGS, self._tag)])

    def _untag(self, *, reason: str, **_: object) -> int:
        return self._sent(self._client.untag(self._name, *self._others, reason=reason))

    def _tag(self, *, reason: str, **_: object) -> int:
        return self._sent(self._client.tag(self._name, self._own, reason=reason))

    def _sent(self, job: int) -> int:
        self.jobs.append(job)
        return job


def _way_in(client: RapiClient, command: SetPassword, found: Fed) -> list[Step]:
    """One that was made before its image said that it has an agent, or elsewhere, has one after it was stopped and started: its
    hook says so."""
    if found.hvparams is None or found.hvparams.use_guest_agent is not False:
        return []

    def open_it(*, reason: str, depends: Collection[int], needs: Collection[int]) -> int:
        return client.modify_booting(
            command.instance, WAY_IN, reason=reason, depends=tuple(depends), needs=tuple(needs)
        )

    return [Step(vocabulary.OP_SET_PARAMS, open_it)]
