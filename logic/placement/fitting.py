"""Which cluster could take a server: pure, on rows of clusters as they were read and what has been promised of them since.

Capacity is a hint, quota is the law: what is not known fits, and Ganeti has the last word. Called by ``choosing``.
"""

from collections.abc import Mapping, Sequence

import msgspec

from logic.placement.models import Backend

GIB = 1024  # MiB
TEMPLATE = "ganeti:disk_template"  # the flavor's extra spec that says what its servers' disks are
SHARED = frozenset({"diskless", "sharedfile", "gluster", "rbd", "ext", "blockdev"})  # not on the disk of one node
MIRRORED = "drbd"  # on two nodes


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What ``count`` servers, each like the other, ask of a cluster. ``memory`` and ``disk`` of one in MiB; ``zone`` empty:
    any. ``template`` is the disk template that the flavor asks for (empty: the cluster's own, or else the ``default``). Of
    clusters by their names, ``only`` these (None: any), ``without`` those; and rather one that is ``liked`` more, whatever room
    is left."""

    memory: int
    disk: int
    vcpus: int
    zone: str = ""
    project: str = ""
    count: int = 1
    template: str = ""
    default: str = ""
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    liked: Mapping[str, int] = {}

    def on(self, row: Backend) -> str:
        """The disk template it would have there."""
        return self.template or row.disk_template or self.default


class Promised(msgspec.Struct, frozen=True):
    """What servers made since a cluster was last asked will take of it. MiB."""

    memory: int = 0
    disk: int = 0
    vcpus: int = 0


NOTHING = Promised()


def best(rows: Sequence[Backend], needs: Needs, promised: Mapping[int, Promised]) -> Backend | None:
    """Among clusters that fit the one with the most memory left, then by name. When none has room for all, one that has it
    for the first."""
    for wanted in (needs, msgspec.structs.replace(needs, count=1)):
        fitting = [row for row in rows if fits(row, wanted, promised.get(row.pk, NOTHING))]
        if fitting:
            return min(fitting, key=lambda row: (-needs.liked.get(row.name, 0), *_full(row, promised)))
    return None


def _full(row: Backend, promised: Mapping[int, Promised]) -> tuple[int, str]:
    return promised.get(row.pk, NOTHING).memory - row.memory_free, row.name


def fits(row: Backend, needs: Needs, promised: Promised = NOTHING) -> bool:
    """Has it room, and would it make such disks? One that has no usable node has none."""
    if row.nodes == 0 or not _makes(row, needs):
        return False
    return _has_memory(row, needs, promised) and _has_disk(row, needs, promised) and _has_cores(row, needs, promised)


def _makes(row: Backend, needs: Needs) -> bool:
    template, known = needs.on(row), row.disk_templates.split()
    if not needs.disk or not template:
        return True
    enough = template != MIRRORED or row.nodes is None or row.nodes > 1
    return enough and (not known or template in known)


def _has_memory(row: Backend, needs: Needs, promised: Promised) -> bool:
    if not row.memory_total:
        return True
    largest = row.memory_largest or row.memory_free
    return needs.memory <= largest and needs.memory * needs.count <= row.memory_free - promised.memory


def _has_disk(row: Backend, needs: Needs, promised: Promised) -> bool:
    if not row.disk_total or needs.on(row) in SHARED:
        return True
    copies = 2 if needs.on(row) == MIRRORED else 1
    largest = row.disk_largest or row.disk_free
    return needs.disk <= largest and needs.disk * needs.count * copies <= row.disk_free - promised.disk


def _has_cores(row: Backend, needs: Needs, promised: Promised) -> bool:
    """By the cluster's own policy of how many virtual cores share one; without a policy that we know, any number do."""
    if not row.cores or not row.vcpu_ratio:
        return True
    return needs.vcpus * needs.count <= row.cores * row.vcpu_ratio - row.vcpus_used - promised.vcpus
