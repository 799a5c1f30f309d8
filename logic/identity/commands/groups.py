"""Groups of users."""

from collections.abc import Mapping
from typing import Any

import msgspec

from logic.access import Caller
from logic.errors import NotFound
from logic.identity.commands.domains import DEFAULT
from logic.identity.commands.rows import changed, extended, held, saved
from logic.identity.infos import GroupInfo
from logic.identity.models import Domain, Group, Membership, User
from logic.identity.queries import managing
from logic.identity.queries.rows import group_info
from logic.policy import permit
from logic.transactions import atomically


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """``domain`` empty: the caller's, or the default one."""

    name: str
    description: str = ""
    domain: str = ""
    extra: Mapping[str, Any] = {}


class GroupChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is."""

    name: str | None = None
    description: str | None = None
    extra: Mapping[str, Any] = {}


@atomically
def create_group(caller: Caller, new: NewGroup) -> GroupInfo:
    """Raises :class:`Forbidden`, :class:`NotFound` for the domain, :class:`Duplicate`, :class:`BadRequest`."""
    permit(caller, "identity:create_group", domain_id=new.domain or caller.domain)
    domain = held(Domain, "domain", new.domain or caller.domain or DEFAULT)
    row = Group(domain=domain, name=new.name, description=new.description, extra=extended(None, new.extra))
    return group_info(saved(row, "group", new.name))


@atomically
def change_group(caller: Caller, id: str, changes: GroupChanges) -> GroupInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`Duplicate`, :class:`BadRequest`."""
    managing.permit_on(caller, "identity:update_group", Group, id)
    row = held(Group, "group", id)
    changed(row, msgspec.structs.asdict(changes))
    return group_info(saved(row, "group", row.name))


@atomically
def delete_group(caller: Caller, id: str) -> None:
    """Its users have its roles no longer. Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:delete_group", Group, id)
    managing.check_group(caller, "identity:delete_group", id)
    held(Group, "group", id).delete()


@atomically
def add_user(caller: Caller, id: str, user: str) -> None:
    """Once is enough. Raises :class:`Forbidden`, :class:`NotFound`."""
    managing.permit_on(caller, "identity:add_user_to_group", Group, id)
    managing.check_group(caller, "identity:add_user_to_group", id, user)
    Membership.objects.get_or_create(group=held(Group, "group", id), user=held(User, "user", user))


@atomically
def remove_user(caller: Caller, id: str, user: str) -> None:
    """From the next request on. Raises :class:`Forbidden`, :class:`NotFound` for either, and for a user who is not in it."""
    managing.permit_on(caller, "identity:remove_user_from_group", Group, id)
    managing.check_group(caller, "identity:remove_user_from_group", id, user)
    held(Group, "group", id)
    held(User, "user", user)
    if not Membership.objects.filter(group=id, user=user).delete()[0]:
        raise NotFound(kind="user in the group", id=user)
