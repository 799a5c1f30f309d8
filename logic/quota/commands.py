"""Counting: charge a project for what it makes, inside the transaction that makes it.

A charge locks the project's row of usage for that resource (not the sum itself, which is inserted deltas), so that two
requests cannot both take the last place. What makes several things checks once for all of them, and records them at once.
What is gone is given back by ``logic.ledger.consequences``.
"""

import functools
from collections.abc import Callable, Collection, Mapping

import msgspec
from django.db import connection

from logic import kept
from logic.access import Caller, require
from logic.db import asked
from logic.errors import BadRequest, QuotaExceeded, clipped
from logic.identity.models import User
from logic.policy import allowed
from logic.quota import queries
from logic.quota.models import Delta, Limit, Usage, UserLimit
from logic.transactions import atomically

FOLD_BATCH = 1000
Amounts = Mapping[str, int]  # resource → how many


class LimitBelowUse(BadRequest):
    """Quota limit {limit} for {resource} must be greater than or equal to already used {used}."""


class UnknownUser(BadRequest):
    """There is no user {id} to have a quota. Check the spelling."""


class Person(msgspec.Struct, frozen=True):
    """Who it would be that uses something, and what he uses of the project's so far: asked only of who has limits of his own."""

    id: str
    used: Callable[[], Mapping[str, int]]


def charge(project: str, amounts: Amounts, holder: str, person: Person | None = None) -> None:
    """Count ``amounts`` against a project for a holder. Raises :class:`QuotaExceeded`."""
    check(project, amounts, person)
    record(project, {holder: amounts})


def check(project: str, amounts: Amounts, person: Person | None = None) -> None:
    """Is there room for all of a request, before any of it is made? Holds the project's rows until the transaction ends, for its
    users too. Raises :class:`QuotaExceeded` with what the whole request asks for."""
    limits, own = queries.limits_with_own(project, person.id) if person else (queries.limits(project), {})
    limited = sorted(name for name in amounts if max(limits.get(name, -1), own.get(name, -1)) >= 0)
    if not limited:
        return
    _lock(project, limited)
    _compare(limits, queries.usage(project), amounts)
    if person and any(own.get(name, -1) >= 0 for name in amounts):
        _compare(own, person.used(), amounts)


def _compare(limits: Mapping[str, int], used: Mapping[str, int], amounts: Amounts) -> None:
    for name, amount in sorted(amounts.items()):
        limit = limits.get(name, -1)
        if 0 <= limit < used.get(name, 0) + amount:
            raise QuotaExceeded(resource=name, requested=amount, used=used.get(name, 0), limit=limit)


def record(project: str, held: Mapping[str, Amounts]) -> None:
    """Count what :func:`check` has found room for in this transaction, for its holders."""
    deltas = [
        Delta(project=project, resource=name, amount=amount, holder=holder)
        for holder, amounts in held.items()
        for name, amount in amounts.items()
    ]
    kept.add(deltas)


def forget(project: str, holder: str) -> None:
    """As if ``holder`` had never held anything, so that the same may hold again what it gave back. The sums are locked first, as
    everywhere."""
    sums = {row.resource: row for row in Usage.objects.select_for_update().filter(project=project).order_by("resource")}
    held = Delta.objects.select_for_update().filter(holder=holder)
    for one in held.filter(folded=True):
        sums[one.resource].amount -= one.amount
    Usage.objects.bulk_update(sums.values(), ["amount"])
    held.delete()


def _lock(project: str, resources: list[str]) -> None:
    """All in one question, in the order of their names. A row is made by the first charge. Of two that make it at once, the
    update lets MariaDB's second one wait for the whole row; after a mere insert both would share it and could only end in
    a deadlock."""
    held = {name for (name,) in asked(_locking(connection.vendor, len(resources)), [project, *resources])}
    missing = [Usage(project=project, resource=name) for name in resources if name not in held]
    if missing:
        target = ["project", "resource"] if connection.features.supports_update_conflicts_with_target else None
        Usage.objects.bulk_create(missing, update_conflicts=True, update_fields=["project"], unique_fields=target)


@functools.cache
def _locking(vendor: str, count: int) -> str:
    """SQLite has no row locks, and one writer."""
    places, lock = ", ".join(["%s"] * count), "" if vendor == "sqlite" else "FOR UPDATE"
    return f"SELECT resource FROM quota_usage WHERE project = %s AND resource IN ({places}) ORDER BY resource {lock}"  # noqa: S608 - of ours


@atomically
def set_limits(caller: Caller, project: str, limits: dict[str, int], *, checked: bool = False) -> None:
    """Give a project its own limits (-1: unlimited); ``checked``: none below what it uses. Raises :class:`Forbidden`,
    :class:`BadRequest`, :class:`LimitBelowUse`."""
    require(caller, "admin", "change quotas")
    if checked:
        _check_use(project, limits)
    for resource, amount in limits.items():
        if amount < -1:
            raise BadRequest(reason=f"The quota of {resource} must be -1 (unlimited) or more, not {amount}.")
        Limit.objects.update_or_create(project=project, resource=resource, defaults={"amount": amount})


def _check_use(project: str, limits: Mapping[str, int]) -> None:
    """Nobody uses more until the transaction ends: as :func:`check`, it holds the project's rows."""
    limited = sorted(name for name, limit in limits.items() if limit >= 0)
    if not limited:
        return
    _lock(project, limited)
    used = queries.usage(project)
    for name in limited:
        if used.get(name, 0) > limits[name]:
            raise LimitBelowUse(resource=name, limit=limits[name], used=used[name])


@atomically
def set_user_limits(caller: Caller, project: str, user: str, limits: dict[str, int]) -> None:
    """Give a user of a project limits of his own (-1: as much as the project). Raises :class:`Forbidden`,
    :class:`UnknownUser`."""
    require(caller, "admin", "change quotas")
    _must_stay(caller, user)
    for resource, amount in limits.items():
        UserLimit.objects.update_or_create(
            project=project, who=user, resource=resource, defaults={"amount": max(amount, -1)}
        )


def _must_stay(caller: Caller, user: str) -> None:
    """Nobody deletes him until the transaction ends, so that what is given to him ends with him. Whoever may not look users up is
    not told which there are."""
    there = User.objects.select_for_update().filter(pk=user).first()
    if there is None and allowed(caller, "identity:get_user", user_id=user):
        raise UnknownUser(id=clipped(user))


def reset_user_limits(caller: Caller, project: str, user: str = "") -> None:
    """This user, or each, may have what the project may. Raises :class:`Forbidden`."""
    require(caller, "admin", "change quotas")
    own = UserLimit.objects.filter(project=project)
    (own.filter(who=user) if user else own).delete()


def forget_users(users: Collection[str]) -> None:
    """They are no more: what was given to them is not. In the transaction of whoever deletes them, and permitted that."""
    UserLimit.objects.filter(who__in=users).delete()


def forget_projects(projects: Collection[str]) -> None:
    """As :func:`forget_users`, for what was given to these projects and to users of them."""
    Limit.objects.filter(project__in=projects).delete()
    UserLimit.objects.filter(project__in=projects).delete()


def reset_limits(caller: Caller, project: str, resources: Collection[str] | None = None) -> None:
    """Back to the defaults, of these resources or of all. Raises :class:`Forbidden`."""
    require(caller, "admin", "change quotas")
    own = Limit.objects.filter(project=project)
    (own if resources is None else own.filter(resource__in=resources)).delete()


_UNFOLDED = kept.Kept(lambda: Delta.objects.filter(folded=False).order_by("id")[:FOLD_BATCH])


@atomically
def fold() -> int:
    """Fold a batch of deltas into the sums; how many were folded. Called by reconcile, in the background. The amount of one that
    is not folded may change (``logic.ledger.sizes``), so that each is locked, after the sums as everywhere, before it counts."""
    found = _UNFOLDED()
    if not found:
        return 0
    whose = sorted({(one.project, one.resource) for one in found})
    sums = {key: Usage.objects.select_for_update().get_or_create(project=key[0], resource=key[1])[0] for key in whose}
    deltas = Delta.objects.filter(pk__in=[one.pk for one in found], folded=False)
    folded = []
    for id, project, resource, amount in (
        deltas.select_for_update().order_by("pk").values_list("pk", "project", "resource", "amount")
    ):
        if (row := sums.get((project, resource))) is not None:  # else it became another project's meanwhile
            row.amount += amount
            folded.append(id)
    Usage.objects.bulk_update(sums.values(), ["amount"])
    Delta.objects.filter(pk__in=folded).update(folded=True)
    return len(found)
