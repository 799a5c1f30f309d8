"""Users and their passwords. A new password, and being disabled, end a user's tokens."""

import msgspec
from django.db import transaction

from logic.access import Caller, require
from logic.errors import NotFound
from logic.identity import secrets
from logic.identity.attempts import logins
from logic.identity.commands.rows import changed, held, saved
from logic.identity.infos import UserInfo
from logic.identity.models import Domain, Project, Token, User
from logic.identity.queries.rows import user_info
from logic.identity.refusals import Delegated, LoginFailed
from logic.transactions import atomically


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """Without a password the user cannot log in with one. ``default_project``: an id, or empty."""

    name: str
    password: str = ""
    email: str = ""
    description: str = ""
    enabled: bool = True
    domain: str = "default"
    default_project: str = ""


class UserChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is."""

    name: str | None = None
    password: str | None = None
    email: str | None = None
    description: str | None = None
    enabled: bool | None = None
    default_project: str | None = None


def create_user(caller: Caller, new: NewUser) -> UserInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for the domain or the project, :class:`Duplicate`,
    :class:`BadRequest`."""
    require(caller, "admin", "create a user")
    password = secrets.hashed(new.password) if new.password else ""
    with transaction.atomic():
        row = User(
            domain=held(Domain, "domain", new.domain),
            name=new.name,
            password=password,
            email=new.email,
            description=new.description,
            enabled=new.enabled,
            default_project=held(Project, "project", new.default_project) if new.default_project else None,
        )
        return user_info(saved(row, "user", new.name))


def change_user(caller: Caller, id: str, changes: UserChanges) -> UserInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`, :class:`BadRequest`."""
    require(caller, "admin", "change a user")
    if caller.credential and id == caller.user:
        raise Delegated(action="change its own user")
    password = secrets.hashed(changes.password) if changes.password is not None else None
    with transaction.atomic():
        row = held(User, "user", id)
        columns = msgspec.structs.asdict(changes) | {"password": password}
        project = columns.pop("default_project")
        changed(row, columns)
        if project is not None:
            row.default_project = held(Project, "project", project) if project else None
        if password is not None or not row.enabled:
            Token.objects.filter(user=row).delete()
        return user_info(saved(row, "user", row.name))


def change_password(caller: Caller, id: str, original: str, password: str, address: str) -> None:
    """One's own, knowing the old one. Raises :class:`LoginFailed`, :class:`NotFound`, :class:`TooManyRequests`…"""
    if caller.credential:
        raise Delegated(action="change a password")
    row = User.objects.filter(pk=id).first() if id == caller.user else None
    if row is None:
        raise NotFound(kind="user", id=id)
    logins.begin((id, address))
    if not secrets.matches(row.password, original):
        raise LoginFailed
    logins.succeeded((id, address))
    new = secrets.hashed(password)
    with transaction.atomic():
        if not User.objects.filter(pk=id, password=row.password).update(password=new):
            raise LoginFailed
        Token.objects.filter(user=id).delete()


@atomically
def delete_user(caller: Caller, id: str) -> None:
    """Roles, tokens and application credentials go too. Raises :class:`Forbidden`, :class:`NotFound`."""
    require(caller, "admin", "delete a user")
    held(User, "user", id).delete()
