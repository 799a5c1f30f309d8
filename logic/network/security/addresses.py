"""Address groups: lists of prefixes that rules may be about, changed in one place. What may be asked of them, and reading them.

Called by the facade; ``commands`` asks for those that new rules name. Nodes hear of the prefixes (``logic.network.enforcing``).
"""

import datetime
import ipaddress
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from django.db.models import QuerySet

from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, Forbidden, NotFound, clipped
from logic.ledger.store import store
from logic.network import revisions, tagging
from logic.network.models import AddressGroup, SecurityRule
from logic.network.queries import Wanted, one_of, page_of
from logic.network.security import switch
from logic.network.security.refusals import Named
from logic.network.security.rules import MAX_TEXT
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "address group"
QUOTA: Final = "address_groups"
MOST: Final = 100  # prefixes of a group
NOBODY: Final = {
    "IPv4": "0.0.0.0/32",
    "IPv6": "::/128",
}  # what readers see in a rule that do not know of address groups


class AddressGroupInUse(Named, Conflict):
    """Address group {id} is in use on one or more security group rules. Delete them first."""

    code = "address-group-in-use"


class AddressesNotFound(Named, NotFound):
    """Addresses {addresses} not found in the address group {group}."""


class AddressesAlreadyExist(Named, BadRequest):
    """Addresses {addresses} already exist in the address group {group}."""


class AddressGroupInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project: str
    name: str
    description: str
    addresses: list[str]
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


def visible(caller: Caller) -> QuerySet[AddressGroup]:
    if not switch.on():
        return AddressGroup.objects.none()
    return AddressGroup.objects.all() if caller.is_admin else AddressGroup.objects.filter(project=caller.project)


def address_groups(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[AddressGroupInfo]:
    """A page of them, as ``network.queries.networks``."""
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_info(row) for row in page_of(KIND, visible(caller), wanted)]


def address_group(caller: Caller, id: str) -> AddressGroupInfo:
    """Raises :class:`NotFound`."""
    return _info(one_of(KIND, visible(caller), id))


@atomically
def create(caller: Caller, *, name: str, description: str, addresses: Sequence[str], project: str) -> str:
    """Its id. Raises :class:`BadRequest`, :class:`Forbidden`, :class:`QuotaExceeded`."""
    require(caller, "member", "create an address group")
    switch.require()
    if project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating an address group in another project", needs="admin")
    whose = project or caller.project
    _check_texts(name, description)
    quota.check(whose, {QUOTA: 1})
    row = AddressGroup(project=whose, name=name, description=description, addresses=_checked(addresses))
    row.save(force_insert=True)
    quota.record(whose, {row.pk: {QUOTA: 1}})
    return row.pk


@atomically
def update(caller: Caller, id: str, *, name: str | None, description: str | None) -> None:
    """Raises :class:`NotFound`, :class:`BadRequest`."""
    require(caller, "member", "change an address group")
    row = held(caller, id)
    _check_texts(name or "", description or "")
    changes = {"name": name, "description": description}
    revisions.write(row, **{column: value for column, value in changes.items() if value is not None})


@atomically
def add(caller: Caller, id: str, addresses: Sequence[str]) -> None:
    """Raises :class:`NotFound`, :class:`BadRequest`, :class:`AddressesAlreadyExist`."""

    def more(there: list[str], named: list[str]) -> list[str]:
        if known := sorted(set(there) & set(named)):
            raise AddressesAlreadyExist(addresses=", ".join(known), group=id)
        return [*there, *named]

    _change(caller, id, addresses, more)


@atomically
def remove(caller: Caller, id: str, addresses: Sequence[str]) -> None:
    """Raises :class:`NotFound`, :class:`AddressesNotFound`."""

    def fewer(there: list[str], named: list[str]) -> list[str]:
        if unknown := sorted(set(named) - set(there)):
            raise AddressesNotFound(addresses=", ".join(unknown), group=id)
        return [one for one in there if one not in named]

    _change(caller, id, addresses, fewer)


@atomically
def delete(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`AddressGroupInUse`."""
    require(caller, "member", "delete an address group")
    row = held(caller, id)
    if SecurityRule.objects.filter(remote_addresses=row).exists():
        raise AddressGroupInUse(id=id)
    row.delete()
    store().release([id])
    tagging.forget([id])


def held(caller: Caller, id: str) -> AddressGroup:
    """The row, locked. Raises :class:`NotFound`."""
    row = visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=KIND, id=id)
    return row


def _change(
    caller: Caller, id: str, addresses: Sequence[str], how: Callable[[list[str], list[str]], list[str]]
) -> None:
    require(caller, "member", "change an address group")
    row = held(caller, id)
    revisions.write(row, addresses=_counted(how(row.addresses, _checked(addresses))))


def _info(row: AddressGroup) -> AddressGroupInfo:
    return AddressGroupInfo(**{name: getattr(row, name) for name in AddressGroupInfo.__struct_fields__})


def _check_texts(name: str, description: str) -> None:
    for field, text in (("name", name), ("description", description)):
        if len(text) > MAX_TEXT:
            raise BadRequest(reason=f"The {field} of an address group has at most {MAX_TEXT} characters. Shorten it.")


def _checked(addresses: Sequence[str]) -> list[str]:
    try:
        found = [str(ipaddress.ip_network(one, strict=False)) for one in addresses]
    except ValueError as error:
        raise BadRequest(reason=f"Invalid input for addresses: {clipped(str(error))}.") from None
    return _counted(list(dict.fromkeys(found)))


def _counted(addresses: list[str]) -> list[str]:
    if len(addresses) > MOST:
        raise BadRequest(reason=f"An address group has at most {MOST} addresses. Use prefixes that hold more.")
    return addresses
