"""Removing what keeps the disk of a volume that nobody has any more: an operator's affair (``manage.py volume-keepers``).

Called by ``ganeti.GanetiBackend``. Whether anything of ours refers to that volume is asked before (``logic.reconcile.keepers``);
here the cluster is asked whether it is such a keeper, and nothing else. Keepers of volumes that there are: ``ganeti_volumes``.
"""

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from ganeti.replies import Housed
from logic.backends import ganeti_adopting as adopting
from logic.errors import Rejected
from logic.offload import Calls


async def discard(  # noqa: PLR0913 - where, which, and whether
    client: RapiClient, offload: Calls, *, prefix: str, volume: str, reason: str, dry_run: bool
) -> None:
    """With its disk, which nobody gets back. Raises :class:`Gone`, :class:`Rejected`, :class:`Transient`."""
    found = await offload.call(_checked, client, prefix, volume)
    if not dry_run:
        await adopting.done(client, offload, lambda: _ordered(client, found, reason))


def _ordered(client: RapiClient, found: Housed, reason: str) -> int:
    """A disk that a chain of jobs has left on no instance is given back to it first, since nothing else can delete it then."""
    needs = []
    if not any(found.disk_names):
        attached = ("attach", -1, {"name": found.name})
        needs.append(client.modify_disk(found.name, attached, hotplug={}, any_size=True, reason=reason))
    return client.remove(found.name, shutdown_timeout=0, reason=reason, needs=needs)


def _checked(client: RapiClient, prefix: str, volume: str) -> Housed:
    """Blocks."""
    name = vocabulary.volume_name(prefix, volume)
    if any(work.status not in vocabulary.FINAL and name in work.about for work in client.work().values()):
        raise Rejected(f"a job about {name} is under way; try again when it is over", code="busy")
    found = client.housed(name)
    if why := _why_not(found, {name, vocabulary.filling_name(prefix, volume)}, volume):
        raise Rejected(f"{name} {why}; look at it on its cluster", code="foreign")
    home = next((one for one, disks in client.disk_names().items() if name in disks and one != name), "")
    if home:
        raise Rejected(f"the disk of volume {volume} is on the instance {home}", code="elsewhere")
    return found


def _why_not(found: Housed, own: set[str], volume: str) -> str:
    """Why it is more than a keeper of this volume; empty: it is that. The small disk that each keeper has bears no name."""
    if vocabulary.volume_tag(volume) not in found.tags:
        return "has no tag that says that we have made it"
    if not found.is_down:
        return "has been started"
    if found.nics:
        return "has interfaces"
    others = [disk for disk in found.disk_names if disk not in own]
    return "has other disks" if any(others) or len(others) > 1 else ""
