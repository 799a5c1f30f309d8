"""Which roles a user holds somewhere: their own, those of their groups, inherited ones, and what all of these imply.

Called where a token is made, and by ``tokens`` at each request of a user for whom its own question does not tell all.
"""

from collections.abc import Iterable, Mapping

import msgspec
from django.db.models import Q

from logic.access import IMPLIED
from logic.identity.models import Assignment, Grant, Implication, Membership, Project, Role


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a role is held: a project, a domain (by id), or, both empty, the system."""

    project: str = ""
    domain: str = ""


def roles_at(user: str, place: Place) -> frozenset[str]:
    """Names of the cloud's roles; what only the built-in ones imply is left to ``logic.access``."""
    ids = set(Grant.objects.filter(_by(user), _at(place)).values_list("role", flat=True))
    if place.project or place.domain:
        there = {"project": place.project} if place.project else {"domain": place.domain}
        ids |= set(Assignment.objects.filter(user=user, **there).values_list("role", flat=True))
    return named(closed(ids, implications()) if ids else ids)


def groups_of(user: str) -> list[str]:
    return list(Membership.objects.filter(user=user).values_list("group", flat=True))


def named(ids: Iterable[str]) -> frozenset[str]:
    """A domain's own roles are none of these: they count by what they imply."""
    rows = Role.objects.filter(pk__in=list(ids), domain=None)
    return frozenset(rows.values_list("name", flat=True))


def implications(*, all: bool = False) -> dict[str, set[str]]:
    """By id, which roles each implies itself; those of the built-in roles where there are any others, or ``all``."""
    rules: dict[str, set[str]] = {}
    for prior, implied in Implication.objects.values_list("prior", "implied"):
        rules.setdefault(prior, set()).add(implied)
    if rules or all:
        ids = dict(Role.objects.filter(name__in=list(IMPLIED)).values_list("name", "id"))
        for name, id in ids.items():
            rules.setdefault(id, set()).update(ids[other] for other in IMPLIED[name] - {name} if other in ids)
    return rules


def closed(ids: Iterable[str], rules: Mapping[str, set[str]]) -> set[str]:
    """These roles and all that they imply, however far."""
    found, new = set(ids), list(ids)
    while new:
        further = rules.get(new.pop(), set()) - found
        found |= further
        new += further
    return found


def _by(user: str) -> Q:
    return Q(user=user) | Q(group__memberships__user=user)


def _at(place: Place) -> Q:
    """Held there, or inherited from what is above: projects have one above them at most, and their domain."""
    if place.domain:
        return Q(domain=place.domain, inherited=False)
    if not place.project:
        return Q(project=None, domain=None)
    there = Q(project=place.project, inherited=False)
    for domain, parent in Project.objects.filter(pk=place.project).values_list("domain", "parent"):
        there |= Q(domain=domain, inherited=True)
        there |= Q(project=parent, inherited=True) if parent else Q()
    return there


def places(user: str) -> Q:
    """Projects in which the user holds anything, for a query of projects."""
    inherited = Grant.objects.filter(_by(user), inherited=True)
    return (
        Q(pk__in=Assignment.objects.filter(user=user, project__isnull=False).values("project"))
        | Q(pk__in=Grant.objects.filter(_by(user), inherited=False, project__isnull=False).values("project"))
        | Q(domain__in=inherited.filter(domain__isnull=False).values("domain"))
        | Q(parent__in=inherited.filter(project__isnull=False).values("project"))
    )
