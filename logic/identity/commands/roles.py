"""Roles, and what they imply."""

from collections.abc import Mapping
from typing import Any

from logic.access import Caller
from logic.errors import Conflict, NotFound
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import ImplicationInfo, RoleInfo
from logic.identity.models import Domain, Implication, Role
from logic.identity.queries.holding import closed, implications
from logic.identity.queries.roles import built_in, implication
from logic.identity.queries.rows import role_info
from logic.identity.refusals import ProhibitedImplication
from logic.policy import permit
from logic.transactions import atomically

BUILT_IN = ("admin", "manager", "member", "reader", "service")


@atomically
def create_role(
    caller: Caller, name: str, description: str = "", *, domain: str = "", extra: Mapping[str, Any] | None = None
) -> RoleInfo:
    """``domain`` empty: of the whole cloud. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`."""
    permit(caller, "identity:create_role")
    home = held(Domain, "domain", domain) if domain else None
    row = Role(name=name, description=description, domain=home, extra=extended(None, extra or {}))
    return role_info(saved(row, "role", name))


@atomically
def change_role(
    caller: Caller,
    id: str,
    *,
    name: str | None = None,
    description: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> RoleInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` for renaming a built-in one."""
    permit(caller, "identity:update_role")
    row = held(Role, "role", id)
    if name not in {None, row.name}:
        _free(row)
    changed(row, {"name": name, "description": description, "extra": extra or {}})
    return role_info(saved(row, "role", row.name))


@atomically
def delete_role(caller: Caller, id: str) -> None:
    """Nobody holds it any more. Raises :class:`Forbidden`, :class:`NotFound`, :class:`Conflict` for a built-in one."""
    permit(caller, "identity:delete_role")
    row = held(Role, "role", id)
    _free(row)
    row.delete()


def _free(row: Role) -> None:
    if row.name in BUILT_IN:
        raise Conflict(
            reason=f"The role {row.name} is built in: every policy names it. Make a role of your own instead."
        )


@atomically
def imply(caller: Caller, prior: str, implied: str) -> ImplicationInfo:
    """From now on who holds the one holds the other; again changes nothing. Raises :class:`Forbidden`, :class:`NotFound`,
    :class:`ProhibitedImplication`."""
    permit(caller, "identity:create_implied_role")
    first, second = held(Role, "role", prior), held(Role, "role", implied)
    if why := _prohibited(first, second):
        raise ProhibitedImplication(prior=first.name, implied=second.name, why=why)
    if (prior, implied) not in _built_in():
        Implication.objects.get_or_create(prior=first, implied=second)
    return implication(caller, prior, implied)


def _prohibited(prior: Role, implied: Role) -> str:
    if implied.name == "admin":
        return "Nobody becomes an administrator unseen: assign that role itself."
    if implied.domain_id and not prior.domain_id:
        return "A role of the whole cloud implies none of a domain's."
    if prior.pk in closed({implied.pk}, implications(all=True)):
        return "The other implies it already."
    return ""


@atomically
def imply_no_longer(caller: Caller, prior: str, implied: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`ProhibitedImplication` for what is built in."""
    permit(caller, "identity:delete_implied_role")
    first, second = held(Role, "role", prior), held(Role, "role", implied)
    if (prior, implied) in _built_in():
        why = "That it does is built in."
        raise ProhibitedImplication(prior=first.name, implied=f"{second.name} no longer", why=why)
    if not Implication.objects.filter(prior=first, implied=second).delete()[0]:
        raise NotFound(kind="implied role", id=implied)


def _built_in() -> list[tuple[str, str]]:
    return built_in({row.pk: row for row in Role.objects.filter(name__in=BUILT_IN)})
