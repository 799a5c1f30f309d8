"""Application credentials: a user's own, never wider than the token they were made with, never made from one another."""

import datetime

import msgspec
from django.db import transaction

from logic import clock
from logic.access import Caller, implied
from logic.errors import BadRequest, NotFound
from logic.identity import secrets
from logic.identity.commands.rows import saved
from logic.identity.infos import CredentialInfo
from logic.identity.models import ApplicationCredential, Role
from logic.identity.queries.credentials import owned
from logic.identity.queries.rows import credential_info
from logic.identity.refusals import Delegated
from logic.transactions import atomically


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """``secret`` empty: one is made up; ``roles`` by id or name, None: all of the caller's; ``expires_at`` None: never."""

    name: str
    secret: str = ""
    description: str = ""
    roles: list[str] | None = None
    expires_at: datetime.datetime | None = None


def create_credential(caller: Caller, user: str, new: NewCredential) -> tuple[CredentialInfo, str]:
    """The credential and its secret, which is not kept. Raises :class:`Forbidden`, :class:`BadRequest`,
    :class:`Duplicate`."""
    _may(caller, user)
    roles = _roles(caller, new)
    if new.expires_at and new.expires_at <= clock.now():
        raise BadRequest(reason="The field expires_at is in the past. Choose a later time, or leave it out.")
    secret = new.secret or clock.new_token(64)
    row = ApplicationCredential(
        user_id=caller.user,
        project_id=caller.project,
        name=new.name,
        description=new.description,
        secret=secrets.hashed(secret),
        roles=roles,
        expires_at=new.expires_at,
    )
    with transaction.atomic():
        return credential_info(saved(row, "application credential", new.name)), secret


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
    if caller.credential:
        raise Delegated(action="manage application credentials")
    if user != caller.user:
        owned(Caller(user=caller.user), user, "make an application credential for another user")
    if not caller.project:
        raise BadRequest(reason="An application credential belongs to a project: use a token scoped to one.")


@atomically
def delete_credential(caller: Caller, user: str, id: str) -> None:
    """Its tokens end at once. Raises :class:`Forbidden`, :class:`NotFound`."""
    if caller.credential:
        raise Delegated(action="manage application credentials")
    owned(caller, user, "delete another user's application credential")
    deleted, _ = ApplicationCredential.objects.filter(user=user, pk=id).delete()
    if not deleted:
        raise NotFound(kind="application credential", id=id)
