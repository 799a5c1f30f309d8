"""Limits of resources that other services count: registered ones for everybody, and others for one project or domain."""

from collections.abc import Collection, Sequence

import msgspec
from django.db import IntegrityError, transaction

from logic.access import Caller
from logic.errors import BadRequest, Duplicate
from logic.identity.commands.rows import changed, held, saved
from logic.identity.infos import LimitInfo, RegisteredLimitInfo
from logic.identity.models import Domain, Limit, Project, RegisteredLimit, Service
from logic.identity.queries.catalog import check_region
from logic.identity.queries.limits import limit_info, registered_info
from logic.identity.refusals import InUse, NotRegistered
from logic.policy import permit
from logic.transactions import atomically


class NewRegistered(msgspec.Struct, frozen=True, kw_only=True):
    """``region`` empty: in all of them."""

    service: str
    resource: str
    amount: int
    region: str = ""
    description: str = ""


class RegisteredChanges(msgspec.Struct, frozen=True, kw_only=True):
    """None: leave it as it is."""

    service: str | None = None
    resource: str | None = None
    amount: int | None = None
    region: str | None = None
    description: str | None = None


class NewLimit(msgspec.Struct, frozen=True, kw_only=True):
    """Of one of ``project`` and ``domain``."""

    service: str
    resource: str
    amount: int
    region: str = ""
    project: str = ""
    domain: str = ""
    description: str = ""


@atomically
def register(caller: Caller, new: Sequence[NewRegistered], built_in: Collection[str]) -> list[RegisteredLimitInfo]:
    """All or none. ``built_in``: ids of services that are no rows. Raises :class:`Forbidden`, :class:`BadRequest`,
    :class:`NotFound` for the region, :class:`Duplicate`."""
    permit(caller, "identity:create_registered_limits")
    made = []
    for one in new:
        _check(one.service, one.region, built_in)
        row = RegisteredLimit(
            service=one.service,
            region=one.region,
            resource=one.resource,
            amount=one.amount,
            description=one.description,
        )
        made.append(registered_info(saved(row, "registered limit", one.resource)))
    return made


@atomically
def change_registered(
    caller: Caller, id: str, changes: RegisteredChanges, built_in: Collection[str]
) -> RegisteredLimitInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`, :class:`Duplicate`, :class:`InUse` when a limit refers
    to what would be changed."""
    permit(caller, "identity:update_registered_limit")
    row = held(RegisteredLimit, "registered limit", id)
    named = {"service": changes.service, "region": changes.region, "resource": changes.resource}
    if any(value not in {None, getattr(row, column)} for column, value in named.items()):
        _unused(row)
    changed(row, msgspec.structs.asdict(changes))
    _check(row.service, row.region, built_in)
    return registered_info(saved(row, "registered limit", row.resource))


@atomically
def unregister(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`InUse`."""
    permit(caller, "identity:delete_registered_limit")
    row = held(RegisteredLimit, "registered limit", id)
    _unused(row)
    row.delete()


@atomically
def create_limits(caller: Caller, new: Sequence[NewLimit]) -> list[LimitInfo]:
    """All or none. Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`, :class:`NotRegistered`,
    :class:`Duplicate`."""
    permit(caller, "identity:create_limits")
    return [limit_info(_limit(one)) for one in new]


@atomically
def change_limit(caller: Caller, id: str, amount: int | None, description: str | None) -> LimitInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:update_limit")
    row = held(Limit, "limit", id)
    changed(row, {"amount": amount, "description": description})
    row.save()
    return limit_info(row)


@atomically
def delete_limit(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:delete_limit")
    held(Limit, "limit", id).delete()


def _limit(new: NewLimit) -> Limit:
    if bool(new.project) == bool(new.domain):
        raise BadRequest(reason="A limit is of one project or of one domain: send project_id or domain_id.")
    project = held(Project, "project", new.project) if new.project else None
    domain = held(Domain, "domain", new.domain) if new.domain else None
    registered = RegisteredLimit.objects.select_for_update().filter(
        service=new.service, region=new.region, resource=new.resource
    )
    row = registered.first()
    if row is None:
        raise NotRegistered(resource=new.resource)
    limit = Limit(
        registered=row,
        project=project,
        domain=domain,
        owner=new.project or new.domain,
        amount=new.amount,
        description=new.description,
    )
    try:
        with transaction.atomic():
            limit.save(force_insert=True)
    except IntegrityError:
        raise Duplicate(kind="limit", id=new.resource) from None
    return limit


def _check(service: str, region: str, built_in: Collection[str]) -> None:
    if service not in built_in and not Service.objects.filter(pk=service).exists():
        raise BadRequest(reason="There is no service of the id that service_id tells.")
    if region:
        check_region(region)


def _unused(row: RegisteredLimit) -> None:
    if row.limits.exists():
        raise InUse(kind="registered limit", id=row.pk, by="there are limits of projects or domains")
