"""Taking over an instance of Ganeti's that was not made for us: what it is, and marking it as ours by jobs.

Called by ``logic.backends.ganeti`` for ``manage.py server-import``. The server's tag and the names of the interfaces are
all that Ganeti is told; nothing of the running guest changes. Each job is waited for, since nothing may be written
about the instance before it carries our marks.
"""

import asyncio
from collections.abc import Callable

from ganeti.rapi import RapiClient
from ganeti.replies import Measured
from ganeti.vocabulary import SUCCESS, nic_name, server_tag
from logic import clock
from logic.backends.base import Described, Marks
from logic.errors import Rejected, Transient
from logic.offload import Calls

PATIENCE = 60.0  # seconds a job may take
LOOK = 0.2
UNNAMED = "none"  # Ganeti's word for an interface without a name


def described(client: RapiClient, name: str) -> Described:
    """Blocks. Raises :class:`Gone`."""
    return _described(client.measured(name))


def surveyed(client: RapiClient) -> list[Described]:
    """Blocks."""
    return sorted(map(_described, client.all_measured()), key=lambda one: one.instance)


def _described(found: Measured) -> Described:
    return Described(
        instance=found.name,
        instance_uuid=found.uuid,
        owner=found.owner,
        status=found.condition,
        node=found.pnode or "",
        os=found.os or "",
        memory=found.memory,
        vcpus=found.vcpus,
        disks=found.disks,
        nics=found.nics,
        tags=found.tags,
    )


class Adoption:
    """``reason`` goes into the jobs' reason trails; ``prefix`` is ``BACKEND_PREFIX_ID``."""

    def __init__(self, client: RapiClient, offload: Calls, *, prefix: str, reason: str) -> None:
        self._client, self._offload, self._prefix, self._reason = client, offload, prefix, reason

    async def mark(self, before: Described, marks: Marks) -> None:
        """The tag last: without it the instance is nobody's, whatever its interfaces are called."""
        wanted = {uuid: nic_name(self._prefix, port) for uuid, port in marks.ports.items()}
        known = {nic.uuid: nic.name for nic in before.nics}
        await self._rename(before.instance, {uuid: name for uuid, name in wanted.items() if known.get(uuid) != name})
        if before.owner != marks.server:
            await self._done(lambda: self._client.tag(before.instance, server_tag(marks.server), reason=self._reason))

    async def unmark(self, before: Described, marks: Marks) -> None:
        """As it was before, whatever of it has been marked by now."""
        now = await self._offload.call(described, self._client, before.instance)
        if now.owner == marks.server != before.owner:
            await self._done(lambda: self._client.untag(before.instance, server_tag(marks.server), reason=self._reason))
        names = {nic.uuid: nic.name for nic in before.nics}
        changed = [nic for nic in now.nics if nic.uuid in marks.ports and names.get(nic.uuid, nic.name) != nic.name]
        await self._rename(before.instance, {nic.uuid: names[nic.uuid] or UNNAMED for nic in changed})

    async def _rename(self, instance: str, names: dict[str, str]) -> None:
        """Interfaces by their uuids. In Ganeti's configuration only: a hotplug would unplug them for a moment."""
        if not names:
            return
        changes = [("modify", uuid, {"name": name}) for uuid, name in sorted(names.items())]
        await self._done(lambda: self._client.modify_nics(instance, changes, hotplug={}, reason=self._reason))

    async def _done(self, order: Callable[[], int]) -> None:
        await done(self._client, self._offload, order)


async def done(client: RapiClient, offload: Calls, order: Callable[[], int]) -> None:
    """Give an order and wait for its job. Raises :class:`Rejected`, :class:`Transient`."""
    number = await offload.call(order)
    deadline = clock.monotonic() + PATIENCE
    while clock.monotonic() < deadline:
        job = await offload.call(client.job, number)
        if job and job.final:
            if job.status != SUCCESS:
                why = "; ".join(op.error for op in job.ops if op.error) or "it does not say why"
                raise Rejected(f"job {number} of the cluster has ended with {job.status}: {why}")
            return
        await asyncio.sleep(LOOK)
    raise Transient(f"job {number} of the cluster has not ended after {PATIENCE:.0f} s", unclear=True)
