"""Application credentials: a user's own, never wider than the token they were made with.

One made with another, which must be unrestricted, is in its project, has at most its roles and its access rules, ends no later,
and goes with it.
"""

import datetime
from collections.abc import Sequence

import msgspec
from django.db import transaction

from logic import clock
from logic.access import Caller, implied
from logic.errors import BadRequest, NotFound
from logic.identity import secrets
from logic.identity.commands.rows import bounded, held, saved
from logic.identity.infos import AccessRuleInfo, CredentialInfo
from logic.identity.models import AccessRule, ApplicationCredential, Role, User
from logic.identity.queries.rows import credential_info
from logic.identity.refusals import Delegated, InUse
from logic.policy import permit
from logic.transactions import atomically

MAX_CREDENTIALS, MAX_RULES = 200, 1000  # of a user
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class NewRule(msgspec.Struct, frozen=True, kw_only=True):
    """An access rule: one of the user's by ``id``, or by what it permits."""

    id: str = ""
    service: str = ""
    method: str = ""
    path: str = ""


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """``secret`` empty: one is made up; ``roles`` by id or name, None: all of the caller's; ``expires_at`` None: never, or with
    its parent; ``access_rules`` none, as clients send it who want none: any request, or those of its parent."""

    name: str
    secret: str = ""
    description: str = ""
    roles: list[str] | None = None
    expires_at: datetime.datetime | None = None
    unrestricted: bool = False
    access_rules: Sequence[NewRule] = ()


def create_credential(caller: Caller, user: str, new: NewCredential) -> tuple[CredentialInfo, str]:
    """The credential and its secret, which is not kept. Raises :class:`Forbidden`, :class:`BadRequest`,
    :class:`Duplicate`."""
    _may(caller, user)
    roles = _roles(caller, new)
    if new.expires_at and new.expires_at <= clock.now():
        raise BadRequest(reason="The field expires_at is in the past. Choose a later time, or leave it out.")
    secret = new.secret or clock.new_token(64)
    kept = secrets.hashed(secret)
    with transaction.atomic():
        owner = held(User, "user", caller.user)
        bounded(owner.credentials.all(), MAX_CREDENTIALS, "application credentials")
        parent = _parent(caller)
        row = ApplicationCredential(
            user_id=caller.user,
            project_id=caller.project,
            name=new.name,
            description=new.description,
            secret=kept,
            roles=roles,
            expires_at=_end(new, parent),
            unrestricted=new.unrestricted,
            access_rules=_rules(caller.user, new, parent),
            parent=parent,
        )
        return credential_info(saved(row, "application credential", new.name)), secret


def _parent(caller: Caller) -> ApplicationCredential | None:
    """What the caller's token was made from, which stays until the transaction ends. Raises :class:`Delegated`."""
    if not caller.credential:
        return None
    row = ApplicationCredential.objects.select_for_update().filter(pk=caller.credential, unrestricted=True).first()
    if row is None:
        raise Delegated(action="manage application credentials")
    return row


def _end(new: NewCredential, parent: ApplicationCredential | None) -> datetime.datetime | None:
    latest = parent.expires_at if parent else None
    if latest and new.expires_at and new.expires_at > latest:
        raise BadRequest(reason="Invalid application credential: it cannot outlive the one that it is made with.")
    return new.expires_at or latest


def _rules(user: str, new: NewCredential, parent: ApplicationCredential | None) -> list[dict[str, str]] | None:
    above: list[dict[str, str]] | None = parent.access_rules if parent else None
    if not new.access_rules:
        return above
    rules = [msgspec.structs.asdict(_rule(user, rule)) for rule in new.access_rules]
    if above is not None and any(rule not in above for rule in rules):
        raise BadRequest(reason="Invalid application credential: the one that it is made with has no such access rule.")
    return rules


def _rule(user: str, new: NewRule) -> AccessRuleInfo:
    """One of the user's, made where there is none yet."""
    known = AccessRule.objects.filter(user=user)
    if new.id:
        row = known.filter(pk=new.id).first()
        if row is None:
            raise BadRequest(reason="Invalid application credential: you have no access rule of that id.")
    else:
        if new.method not in METHODS or not new.service or not new.path.startswith("/"):
            raise BadRequest(
                reason="An access rule needs a service, such as compute, a method, such as GET, and a path from the slash on."
            )
        bounded(known, MAX_RULES, "access rules")
        row = known.filter(service=new.service, method=new.method, path=new.path).first() or AccessRule.objects.create(
            user_id=user, service=new.service, method=new.method, path=new.path
        )
    return AccessRuleInfo(id=row.pk, service=row.service, method=row.method, path=row.path)


def _roles(caller: Caller, new: NewCredential) -> list[str]:
    """Names of the roles it gives: of those the caller has, those asked for."""
    mine = Role.objects.filter(name__in=implied(caller.roles))
    if new.roles is None:
        return [role.name for role in mine]
    known = {key: role.name for role in mine for key in (role.id, role.name)}
    foreign = [role for role in new.roles if role not in known]
    if foreign or not new.roles:
        which = f"You do not hold the role {foreign[0][:64]} in this project" if foreign else "It needs a role"
        raise BadRequest(reason=f"Invalid application credential: {which}; choose among your own.")
    return sorted({known[role] for role in new.roles})


def _may(caller: Caller, user: str) -> None:
    _manages(caller)
    permit(caller, "identity:create_application_credential", user_id=user)
    if user != caller.user:
        raise BadRequest(reason="An application credential is made by its own user.")
    if not caller.project:
        raise BadRequest(reason="An application credential belongs to a project: use a token scoped to one.")


def _manages(caller: Caller) -> None:
    """Raises :class:`Delegated`."""
    if caller.credential and not caller.unrestricted:
        raise Delegated(action="manage application credentials")


@atomically
def delete_credential(caller: Caller, user: str, id: str) -> None:
    """Its tokens end at once, and what was made with it. Raises :class:`Forbidden`, :class:`NotFound`."""
    _manages(caller)
    permit(caller, "identity:delete_application_credential", user_id=user)
    deleted, _ = ApplicationCredential.objects.filter(user=user, pk=id).delete()
    if not deleted:
        raise NotFound(kind="application credential", id=id)


@atomically
def delete_access_rule(caller: Caller, user: str, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InUse` while a credential has it."""
    _manages(caller)
    permit(caller, "identity:delete_access_rule", user_id=user)
    row = AccessRule.objects.select_for_update().filter(user=user, pk=id).first()
    if row is None:
        raise NotFound(kind="access rule", id=id)
    kept = ApplicationCredential.objects.filter(user=user).values_list("name", "access_rules")
    for name, rules in kept:
        if any(rule["id"] == id for rule in rules or []):
            raise InUse(kind="access rule", id=id, by=f"the application credential {name} has it")
    row.delete()
