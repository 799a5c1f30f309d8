"""What a holder has of a quota, when that changes while it lives: it grows, it is of another kind, it is another project's.

Called by ``sizes`` and by commands of the resource apps. A holder gives back one day what its own deltas say, so that these
become as they should be; what has been folded of them already is corrected by others, which are nobody's.
"""

from collections.abc import Mapping

from logic.db import new_id
from logic.quota.models import Delta


def become(project: str, holder: str, wanted: Mapping[str, int]) -> None:
    """Of each resource it holds as much as it should, if it has held any."""
    for one in _own(holder, resource__in=wanted):
        change = wanted[one.resource] - one.amount
        if change and one.folded:
            _correct(project, one.resource, change)
        if change:
            Delta.objects.filter(pk=one.pk).update(amount=wanted[one.resource])


def hold(project: str, holder: str, wanted: Mapping[str, int]) -> None:
    """The same, also of what it has not held so far."""
    become(project, holder, wanted)
    known = {one.resource for one in _own(holder)}
    new = [
        Delta(project=project, resource=name, amount=n, holder=holder)
        for name, n in wanted.items()
        if name not in known
    ]
    Delta.objects.bulk_create(new)


def move(holder: str, project: str) -> None:
    """All that it holds is another project's."""
    for one in _own(holder):
        if one.folded:
            _correct(one.project, one.resource, -one.amount)
            _correct(project, one.resource, one.amount)
        Delta.objects.filter(pk=one.pk).update(project=project)


def held(holder: str) -> dict[str, int]:
    """What it holds, by resource."""
    return {one.resource: one.amount for one in _own(holder)}


def _own(holder: str, **which: object) -> list[Delta]:
    """Without what it has given back."""
    every = Delta.objects.select_for_update().filter(holder=holder, **which).order_by("pk")
    back = {one.resource for one in every if one.released}
    return [one for one in every if not one.released and one.resource not in back]


def _correct(project: str, resource: str, change: int) -> None:
    Delta.objects.create(project=project, resource=resource, amount=change, holder=new_id(), released=True)
