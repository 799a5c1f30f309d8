"""Reading limits and usage."""

from collections.abc import Collection

import msgspec
from django.conf import settings
from django.db.models import Sum

from logic.db import asked
from logic.quota.models import EVERY as EVERY  # noqa: PLC0414 - facades take it from here
from logic.quota.models import Delta, Limit, Usage, UserLimit


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


def limits(project: str, user: str = "") -> dict[str, int]:
    """The project's own, and the defaults for the rest; of a user, what is theirs alone instead. A resource that is not named has
    none."""
    if not user:
        return {**shipped(), **dict(asked(_LIMITS, [EVERY, project]))}
    all_of, own = limits_with_own(project, user)
    return all_of | own


_WITH_OWN = """
SELECT project, '' AS who, resource, amount FROM quota_limit WHERE project IN (%s, %s)
UNION ALL SELECT project, who, resource, amount FROM quota_userlimit WHERE project = %s AND who = %s
ORDER BY project"""


def limits_with_own(project: str, user: str) -> tuple[dict[str, int], dict[str, int]]:
    """The project's, and those that this user has for himself: one question."""
    all_of: dict[str, int] = dict(shipped())
    own: dict[str, int] = {}
    for _, who, resource, amount in asked(_WITH_OWN, [EVERY, project, project, user]):
        (own if who else all_of)[resource] = amount
    return all_of, own


def given(project: str, resources: Collection[str]) -> dict[str, int]:
    """By resource: the sum of what single users were given of a project's limit."""
    rows = UserLimit.objects.filter(project=project, resource__in=resources, amount__gt=0).values_list("resource")
    return dict(rows.annotate(total=Sum("amount")))


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
