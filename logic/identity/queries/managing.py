"""What whoever manages a domain may see and change: its users, groups and projects, and which of them has an ordinary role there.

A manager has a token for the domain, with the role ``manager`` (``tokens.within`` says what ``admin`` is worth there). Called by
the commands and queries that Keystone's domain managers have. What is in another domain is refused to them as what is nowhere;
what would make them more than they are is refused too: the roles of operators, and whoever holds one.
"""

from typing import Any, Final, TypeVar

from django.db.models import Model, Q, QuerySet

from logic.access import Caller
from logic.errors import Forbidden
from logic.identity.models import Assignment, Domain, Grant, Group, Project, User
from logic.identity.queries.tokens import OPERATORS
from logic.policy import allowed, permit
from logic.policy.rules import RULES

ORDINARY: Final = ("manager", "member", "reader")  # what a manager gives and takes away
POWERS: Final = ("admin", "service")
Row = TypeVar("Row", bound=Model)


def permit_on(caller: Caller, rule: str, model: type[Model], id: str) -> None:
    """On one thing, which has a domain. Raises :class:`Forbidden`."""
    home = model._default_manager.filter(pk=id).values_list("domain", flat=True).first() if caller.domain else ""
    permit(caller, rule, domain_id=str(home or ""))


def seen(caller: Caller, rule: str, rows: QuerySet[Row]) -> QuerySet[Row]:
    """Of these those that the caller may list. Raises :class:`Forbidden`."""
    if allowed(caller, rule):
        return rows
    permit(caller, rule, domain_id=caller.domain)
    return rows.filter(domain=caller.domain)


def own(caller: Caller, rule: str) -> Q:
    """What is in the domain that the caller manages; nothing for others."""
    return Q(domain=caller.domain) if allowed(caller, rule, domain_id=caller.domain) else Q(pk__in=[])


def check_user(caller: Caller, rule: str, id: str) -> None:
    """Operators are no manager's to change. Raises :class:`Forbidden`."""
    by_group = Q(user=id) | Q(group__memberships__user=id)
    if manages(caller) and (
        _powers(caller, Assignment.objects.filter(user=id)) or _powers(caller, Grant.objects.filter(by_group))
    ):
        refuse_unless(rule, User.objects.none())


def check_group(caller: Caller, rule: str, id: str, user: str = "") -> None:
    """Neither are their groups, and only users of the domain come into those that are. Raises :class:`Forbidden`."""
    if not manages(caller):
        return
    if _powers(caller, Grant.objects.filter(group=id)):
        refuse_unless(rule, Group.objects.none())
    if user:
        refuse_unless(rule, User.objects.filter(pk=user, domain=caller.domain))


def check_project(caller: Caller, rule: str, id: str) -> None:
    """That a user is to begin with. Raises :class:`Forbidden`."""
    if id and manages(caller):
        refuse_unless(rule, Project.objects.filter(pk=id, domain=caller.domain))


def manages(caller: Caller) -> bool:
    """Is what the caller may do here no more than what this module lets a manager?"""
    return bool(caller.domain) and not caller.is_admin


def _powers(caller: Caller, held: QuerySet[Any]) -> bool:
    """``admin`` right on a domain that is not the operators' is no more than ``manager``."""
    there = Q(role__name__in=POWERS) | Q(project=None, domain=None)
    harmless = Q(domain=caller.domain) if caller.domain != OPERATORS else Q(pk__in=[])
    if held.model is Grant:
        harmless &= Q(inherited=False)
    return held.filter(there).exclude(harmless).exists()


def refuse_unless(rule: str, rows: QuerySet[Any]) -> None:
    if not rows.exists():
        raise Forbidden(action=RULES[rule].action, needs="admin")


def home_of(caller: Caller, parent: str, wanted: str) -> str:
    """The domain that a new project would be in, as far as it is said."""
    found = (
        Project.objects.filter(pk=parent).values_list("domain", flat=True).first() if parent and caller.domain else ""
    )
    if found or not parent:
        return str(found or wanted or caller.domain)
    return parent if Domain.objects.filter(pk=parent).exists() else ""
