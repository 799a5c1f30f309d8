"""Reading routers: a project's own, for admins all."""

import datetime
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from logic import clock
from logic.access import Caller
from logic.network.models import Router
from logic.network.queries import FixedIp, Wanted, one_of, page_of
from logic.network.routing import switch

KIND: Final = "router"


class GatewayInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The way outside: its network, whether addresses are translated to the router's, and those."""

    network: str
    snat: bool
    fixed_ips: list[FixedIp]


class RouterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``status`` is Neutron's word: a node carries it, did, or will. ``routes`` are ``{"destination", "nexthop"}``."""

    id: str
    project: str
    name: str
    description: str
    admin_state_up: bool
    status: str
    gateway: GatewayInfo | None
    routes: list[dict[str, str]]
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


class PlaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which node of which cluster carries a router, or did; no other does before ``until``."""

    id: str
    name: str
    project: str
    status: str
    backend: str
    node: str
    until: datetime.datetime | None


def visible(caller: Caller) -> QuerySet[Router]:
    """None in a cloud whose nodes carry none."""
    if not switch.on():
        return Router.objects.none()
    return Router.objects.all() if caller.is_admin else Router.objects.filter(project=caller.project)


def routers(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[RouterInfo]:
    """A page of them, as ``network.queries.networks``. ``filters`` may be ``status`` besides columns."""
    rows = visible(caller)
    if "status" in filters:
        rows = rows.filter(_with_status(filters.pop("status")))
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_info(row) for row in page_of(KIND, _whole(rows), wanted)]


def router(caller: Caller, id: str) -> RouterInfo:
    """Raises :class:`NotFound`."""
    return _info(one_of(KIND, _whole(visible(caller)), id))


def places() -> list[PlaceInfo]:
    """All routers by name, for operators."""
    return [_place(row) for row in Router.objects.order_by("name", "id").select_related("node__backend")]


def _place(row: Router) -> PlaceInfo:
    return PlaceInfo(
        id=row.pk,
        name=row.name,
        project=row.project,
        status=_status(row),
        backend=row.node.backend.name if row.node else "",
        node=row.node.name if row.node else "",
        until=row.until,
    )


def _whole(rows: QuerySet[Router]) -> QuerySet[Router]:
    return rows.select_related("gateway").prefetch_related("gateway__addresses")


def _status(row: Router) -> str:
    if switch.simulated() or (row.until and row.until > clock.now()):
        return "ACTIVE"
    return "DOWN" if row.epoch else "BUILD"


def _with_status(words: Sequence[str]) -> Q:
    """The inverse of :func:`_status`."""
    carried = ~Q(pk__in=[]) if switch.simulated() else Q(until__gt=clock.now())
    found = {"ACTIVE": carried, "DOWN": ~carried & Q(epoch__gt=0), "BUILD": ~carried & Q(epoch=0)}
    chosen = Q(pk__in=[])
    for word in found.keys() & set(words):
        chosen |= found[word]
    return chosen


def _info(row: Router) -> RouterInfo:
    plain = ("id", "project", "name", "description", "admin_state_up", "routes", "revision", "created_at", "updated_at")
    return RouterInfo(**{name: getattr(row, name) for name in plain}, status=_status(row), gateway=_gateway(row))


def _gateway(row: Router) -> GatewayInfo | None:
    if row.gateway is None:
        return None
    fixed = [FixedIp(subnet=one.subnet_id, ip=one.ip) for one in row.gateway.addresses.all()]
    return GatewayInfo(network=row.gateway.network_id, snat=row.snat, fixed_ips=fixed)
