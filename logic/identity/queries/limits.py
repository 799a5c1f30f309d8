"""Reading limits: what other services may ask here. Those of this cloud's own services are quotas, and not told here."""

from django.db.models import Q

from logic.access import Caller
from logic.errors import NotFound
from logic.identity.infos import LimitInfo, RegisteredLimitInfo
from logic.identity.models import Limit, RegisteredLimit
from logic.identity.queries.listing import ALL, Listing, listed, one
from logic.policy import allowed, permit

_REGISTERED = {"service_id": "service", "region_id": "region", "resource_name": "resource"}
_LIMITS = {name: f"registered__{column}" for name, column in _REGISTERED.items()} | {
    "project_id": "project",
    "domain_id": "domain",
}


MODEL = ("flat", "What a project has is its limit, whatever is above or below it.")


def model(caller: Caller) -> tuple[str, str]:
    """The name of how limits of projects above one another go together, and what it means."""
    permit(caller, "identity:get_limit_model")
    return MODEL


def registered_limits(caller: Caller, asked: Listing = ALL) -> list[RegisteredLimitInfo]:
    """A page. Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:list_registered_limits")
    return [registered_info(row) for row in listed(RegisteredLimit.objects.all(), asked, _REGISTERED, first="id")]


def registered_limit(caller: Caller, id: str) -> RegisteredLimitInfo:
    """Raises :class:`NotFound`."""
    permit(caller, "identity:get_registered_limit")
    return registered_info(one(RegisteredLimit.objects.all(), "registered limit", id))


def limits(caller: Caller, asked: Listing = ALL) -> list[LimitInfo]:
    """A page of all, or of the caller's own project and domain. Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:list_limits")
    rows = Limit.objects.select_related("registered")
    if not allowed(caller, "identity:get_limit"):
        rows = rows.filter(_mine(caller))
    return [limit_info(row) for row in listed(rows, asked, _LIMITS, first="id")]


def limit(caller: Caller, id: str) -> LimitInfo:
    """Raises :class:`NotFound`."""
    rows = Limit.objects.select_related("registered").filter(pk=id)
    row = (rows if allowed(caller, "identity:get_limit") else rows.filter(_mine(caller))).first()
    if row is None:
        raise NotFound(kind="limit", id=id)
    return limit_info(row)


def _mine(caller: Caller) -> Q:
    return Q(owner__in=[id for id in (caller.project, caller.domain) if id])


def registered_info(row: RegisteredLimit) -> RegisteredLimitInfo:
    return RegisteredLimitInfo(
        id=row.id,
        service=row.service,
        region=row.region,
        resource=row.resource,
        amount=row.amount,
        description=row.description,
    )


def limit_info(row: Limit) -> LimitInfo:
    return LimitInfo(
        id=row.id,
        registered=registered_info(row.registered),
        project=row.project_id or "",
        domain=row.domain_id or "",
        amount=row.amount,
        description=row.description,
    )
