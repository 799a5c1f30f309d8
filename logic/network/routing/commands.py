"""What may be asked of routers: each function is one transaction. Nodes ask for what follows, within seconds.

Called by the facades. Locks: the project's rows of usage, the router, then ports. What it joins is ``interfaces``.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger.store import store
from logic.network import fields, revisions, tagging
from logic.network.models import Router
from logic.network.routing import gateways, ports, queries, refusals, routes, switch
from logic.network.routing.gateways import NewGateway
from logic.network.routing.routes import Route
from logic.quota import commands as quota
from logic.transactions import atomically

QUOTA: Final = "routers"
MAX_TEXT: Final = 255


class NewRouter(msgspec.Struct, frozen=True, kw_only=True):
    """A router asked for. ``project`` empty: the caller's; another one's is for admins to say."""

    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    gateway: NewGateway | None = None
    project: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed of one; what is unset stays. ``gateway`` None: none any more."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    admin_state_up: bool | UnsetType = UNSET
    gateway: NewGateway | UnsetType | None = UNSET
    routes: Sequence[Route] | UnsetType = UNSET


@atomically
def create_routers(caller: Caller, wanted: Sequence[NewRouter]) -> list[str]:
    """Ids of the new routers, all of one project. Raises :class:`QuotaExceeded`, :class:`Forbidden`, :class:`BadRequest`, and as
    ``gateways.set_gateway``."""
    require(caller, "member", "create a router")
    switch.require()
    project = _project(caller, {one.project or caller.project for one in wanted})
    for one in wanted:
        fields.check(caller, "create_router", fields.asked(one))
        _check_texts(one.name, one.description)
    quota.check(project, {QUOTA: len(wanted)})
    made = [_made(caller, project, one) for one in wanted]
    quota.record(project, {row.pk: {QUOTA: 1} for row in made})
    return [row.pk for row in made]


@atomically
def update_router(caller: Caller, id: str, wanted: Change, revision: int | None = None) -> None:
    """``revision``: if it is this one still. Raises :class:`NotFound`, :class:`BadRequest`, and as ``gateways.set_gateway``,
    ``routes.checked`` and ``revisions.check``."""
    require(caller, "member", "change a router")
    row = held(caller, id)
    revisions.check(row, revision)
    wanted = msgspec.structs.replace(wanted, gateway=gateways.without_same(row, wanted.gateway))
    fields.check(caller, "update_router", fields.asked(wanted))
    plain = {name: getattr(wanted, name) for name in ("name", "description", "admin_state_up")}
    columns: dict[str, Any] = {name: value for name, value in plain.items() if value is not UNSET}
    _check_texts(columns.get("name", ""), columns.get("description", ""))
    if wanted.gateway is not UNSET:
        columns |= gateways.set_gateway(caller, row, wanted.gateway)
    if wanted.routes is not UNSET:
        columns["routes"] = routes.checked(row, wanted.routes)
    revisions.write(row, **columns)


@atomically
def change_routes(caller: Caller, id: str, *, more: Sequence[Route] = (), fewer: Sequence[Route] = ()) -> None:
    """Add some, or take some away. Raises :class:`NotFound`, and as ``routes.checked``."""
    require(caller, "member", "change the routes of a router")
    row = held(caller, id)
    revisions.write(row, routes=routes.without(row, fewer) if fewer else routes.added(row, more))


@atomically
def delete_router(caller: Caller, id: str, revision: int | None = None) -> None:
    """With its gateway. Raises :class:`NotFound`, :class:`RouterInUse`, :class:`RouterExternalGatewayInUseByFloatingIp`, and as
    ``revisions.check``."""
    require(caller, "member", "delete a router")
    row = held(caller, id)
    revisions.check(row, revision)
    if ports.interfaces(row).exists():
        raise refusals.RouterInUse(id=id)
    gateways.check_no_gateway(row)
    if row.gateway:
        ports.end(caller, row.gateway.pk)
    row.delete()
    tagging.forget([id])
    store().release([id])


def held(caller: Caller, id: str) -> Router:
    """The row, locked until the transaction ends. Raises :class:`NotFound`, for another tenant's too."""
    row = queries.visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=queries.KIND, id=id)
    return row


def _made(caller: Caller, project: str, wanted: NewRouter) -> Router:
    row = Router(
        project=project, name=wanted.name, description=wanted.description, admin_state_up=wanted.admin_state_up
    )
    row.save(force_insert=True)
    if wanted.gateway:
        Router.objects.filter(pk=row.pk).update(**gateways.set_gateway(caller, row, wanted.gateway))
    return row


def _project(caller: Caller, projects: Collection[str]) -> str:
    if len(projects) != 1:
        raise BadRequest(reason="The routers of one request must be of one project. Send a request for each.")
    (project,) = projects
    if project != caller.project and not caller.is_admin:
        raise Forbidden(action="creating a router in another project", needs="admin")
    return project


def _check_texts(name: str, description: str) -> None:
    for field, text in (("name", name), ("description", description)):
        if len(text) > MAX_TEXT:
            raise BadRequest(reason=f"The {field} of a router has at most {MAX_TEXT} characters. Shorten it.")
