"""Of which size a server is, and which other one it goes to or may go back to; and what it holds of a quota meanwhile.

Called by ``compute.resizing`` for what is asked, and by folding, through the store's door, for what is heard of it. As long as
there is another size, the larger of both is held of each resource, since going back must be possible. The first disk only
grows, so that ``disk`` is of none of both sizes: it is what the disk has.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from logic.compute.models import Server
from logic.ledger import contents, holdings
from logic.volume.models import Volume

Size = dict[str, Any]  # a flavor, by the names of :data:`COLUMNS`
COLUMNS = ("flavor_id", "flavor_name", "vcpus", "ram", "disk", "extra_specs")


def size_of(row: Server) -> Size:
    """The one that it has."""
    return {name: getattr(row, name) for name in COLUMNS}


def amounts(row: Server, other: Size | None = None) -> dict[str, int]:
    """What it holds of a quota by its size."""
    return {
        "cores": max(row.vcpus, other["vcpus"] if other else 0),
        "ram": max(row.ram, other["ram"] if other else 0),
    }


def after(row: Server, change: str) -> Size:
    """The columns that a row has that has another size. ``grown``: its disk is as the other's; ``changed``: it is as the other,
    and may go back; ``taken``: it is as the other for good; ``kept``: it stays as it is for good."""
    other: Size = row.other_flavor or {}
    if change == "kept":
        return {"other_flavor": None}
    disk = other["disk"] if row.root_volume else max(row.disk, other["disk"])
    if change == "grown":
        return {"disk": disk}
    return {**other, "disk": disk, "other_flavor": size_of(row) if change == "changed" else None}


def resize(id: str, change: str) -> None:
    """The row of a server or of a volume, whose lock the caller holds; of a volume it may be the content that changes."""
    row = Server.objects.filter(pk=id, other_flavor__isnull=False).first()
    changing = Q(other_size__isnull=False) | Q(other_content__isnull=False)
    volume = None if row else Volume.objects.filter(changing, pk=id).first()
    if row:
        write(row, after(row, change))
    elif volume and volume.other_content:
        contents.settle(volume, change)
    elif volume:
        grown = grown_to(volume, change)
        Volume.objects.filter(pk=id).update(size=grown, other_size=None)
        holdings.become(volume.project, id, amounts_of(holdings.held(id), grown))


def grown_to(row: Volume, change: str) -> int:
    """The size in GiB of a volume that was to be made larger: ``taken`` is what it was to have, ``kept`` what it had."""
    return int(row.other_size) if change == "taken" and row.other_size else int(row.size)


def amounts_of(held: Mapping[str, int], size: int) -> dict[str, int]:
    """What a volume holds of a quota when it is of this size: all that is counted in GiB changes."""
    return {name: size if name.startswith("gigabytes") else amount for name, amount in held.items()}


def write(row: Server, columns: Size) -> None:
    """These columns of a row, which the caller has locked, and what follows for its quota."""
    for name, value in columns.items():
        setattr(row, name, value)
    Server.objects.filter(pk=row.pk).update(**columns)
    holdings.become(row.project, row.pk, amounts(row, row.other_flavor))
