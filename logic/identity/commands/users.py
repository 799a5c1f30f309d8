"""Users and their passwords. A new password, and being disabled, end a user's tokens."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import transaction

from logic.access import Caller
from logic.errors import BadRequest
from logic.identity import secrets
from logic.identity.commands.domains import DEFAULT
from logic.identity.commands.proving import prove
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import UserInfo
from logic.identity.models import Domain, Project, Token, User
from logic.identity.queries import managing
from logic.identity.queries.rows import user_info
from logic.identity.refusals import Delegated, LoginFailed, PasswordLocked
from logic.policy import permit
from logic.quota import commands as quota
from logic.transactions import atomically


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """Without a password the user cannot log in with one. ``default_project``: an id, or empty. ``domain``: empty is the
    caller's, or the default one."""

    name: str
    password: str = ""
    email: str = ""
    description: str = ""
    enabled: bool = True
    domain: str = ""
    default_project: str = ""
    options: Mapping[str, Any] = {}
    extra: Mapping[str, Any] = {}


class UserChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is. An option that is None is taken away. ``domain`` cannot be changed, and may be told as it is."""

    name: str | None = None
    password: str | None = None
    email: str | None = None
    description: str | None = None
    enabled: bool | None = None
    default_project: str | None = None
    domain: str | None = None
    options: Mapping[str, Any] = {}
    extra: Mapping[str, Any] = {}


def create_user(caller: Caller, new: NewUser) -> UserInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for the domain or the project, :class:`Duplicate`,
    :class:`BadRequest`."""
    rule = "identity:create_user"
    permit(caller, rule, domain_id=new.domain or caller.domain)
    managing.check_project(caller, rule, new.default_project)
    password = secrets.hashed(new.password) if new.password else ""
    with transaction.atomic():
        row = User(
            domain=held(Domain, "domain", new.domain or caller.domain or DEFAULT),
            name=new.name,
            password=password,
            email=new.email,
            description=new.description,
            enabled=new.enabled,
            default_project=held(Project, "project", new.default_project) if new.default_project else None,
            options=_options({}, new.options),
            extra=extended(None, new.extra),
        )
        return user_info(saved(row, "user", new.name))


def change_user(caller: Caller, id: str, changes: UserChanges) -> UserInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`, :class:`BadRequest`."""
    rule = "identity:update_user"
    managing.permit_on(caller, rule, User, id)
    managing.check_user(caller, rule, id)
    managing.check_project(caller, rule, changes.default_project or "")
    if caller.credential and id == caller.user:
        raise Delegated(action="change its own user")
    password = secrets.hashed(changes.password) if changes.password is not None else None
    with transaction.atomic():
        row = held(User, "user", id)
        columns = msgspec.structs.asdict(changes) | {"password": password}
        project, options, domain = columns.pop("default_project"), columns.pop("options"), columns.pop("domain")
        if domain not in {None, row.domain_id}:
            raise BadRequest(reason="A user stays in their domain: leave out the field user.domain_id.")
        row.options = _options(row.options or {}, options)
        changed(row, columns)
        if project is not None:
            row.default_project = held(Project, "project", project) if project else None
        if password is not None or not row.enabled:
            Token.objects.filter(user=row).delete()
        return user_info(saved(row, "user", row.name))


def change_password(caller: Caller, id: str, original: str, password: str, address: str) -> None:
    """One's own, or that of anybody whose old one is known. Raises :class:`LoginFailed`, whether there is such a user or not,
    :class:`PasswordLocked`, :class:`TooManyRequests`, :class:`BadRequest`."""
    if caller.credential:
        raise Delegated(action="change a password")
    row = User.objects.filter(pk=id, enabled=True, domain__enabled=True).first()
    kept = row.password if row else ""
    prove((id[:64], address), kept, original)
    if row and (row.options or {}).get("lock_password"):
        raise PasswordLocked
    new = secrets.hashed(password)
    with transaction.atomic():
        if not User.objects.filter(pk=id, password=kept).update(password=new):
            raise LoginFailed
        Token.objects.filter(user=id).delete()


@atomically
def delete_user(caller: Caller, id: str) -> None:
    """Roles, tokens and application credentials go too. Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:delete_user", User, id)
    managing.check_user(caller, "identity:delete_user", id)
    held(User, "user", id).delete()
    quota.forget_users([id])


def _options(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in {**kept, **given}.items() if value is not None} or None
