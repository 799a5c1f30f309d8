"""Reading limits and usage."""

from collections.abc import Collection

import msgspec
from django.conf import settings
from django.db.models import Sum

from logic.db import asked
from logic.quota.models import EVERY as EVERY  # noqa: PLC0414 - facades take it from here
from logic.quota.models import Delta, Limit, Usage


class QuotaInfo(msgspec.Struct, frozen=True):
    """A resource's limit (-1: unlimited) and how much of it is used."""

    limit: int
    used: int


def shipped() -> dict[str, int]:
    """The limits of the site's settings (``QUOTAS``)."""
    quotas: dict[str, int] = settings.QUOTAS
    return quotas


def defaults() -> dict[str, int]:
    """The limits of a project that has none of its own: the site's, and what an administrator has put in their place."""
    return limits(EVERY)


def limit_of(project: str, resource: str) -> int:
    return limits(project).get(resource, -1)


def used(project: str, resource: str) -> int:
    """The folded sum and what is not folded yet."""
    folded = Usage.objects.filter(project=project, resource=resource).values_list("amount", flat=True).first() or 0
    fresh = Delta.objects.filter(project=project, resource=resource, folded=False).aggregate(total=Sum("amount"))
    return folded + (fresh["total"] or 0)


def quotas(project: str) -> dict[str, QuotaInfo]:
    """Every resource that has a limit, with its usage."""
    sums = usage(project)
    return {name: QuotaInfo(limit, sums.get(name, 0)) for name, limit in limits(project).items()}


def limited(resources: Collection[str]) -> list[str]:
    """The projects that have limits of their own of any of these."""
    rows = Limit.objects.filter(resource__in=resources).exclude(project=EVERY).order_by("project")
    return list(rows.values_list("project", flat=True).distinct())


_LIMITS = "SELECT resource, amount FROM quota_limit WHERE project IN (%s, %s) ORDER BY project"  # the defaults first


def limits(project: str) -> dict[str, int]:
    """The project's own, and the defaults for the rest. A resource that is not named has none."""
    return {**shipped(), **dict(asked(_LIMITS, [EVERY, project]))}


# In one statement, so that nothing is folded between reading the sums and reading what is not in them yet.
_USAGE = """
SELECT resource, amount FROM quota_usage WHERE project = %s
UNION ALL
SELECT resource, sum(amount) FROM quota_delta WHERE project = %s AND NOT folded GROUP BY resource
"""


def usage(project: str) -> dict[str, int]:
    """By resource: the folded sums and what is not folded yet."""
    sums: dict[str, int] = {}
    for resource, amount in asked(_USAGE, [project, project]):
        sums[resource] = sums.get(resource, 0) + int(amount)
    return sums
