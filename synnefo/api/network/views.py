"""Neutron's views: decode, one query, render. Which query and how it is written is in ``resources``."""

from typing import Any

from logic.errors import NotFound, NotSupported
from logic.placement import queries as placement
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.faults import Absent
from synnefo.api.network import extensions as known
from synnefo.api.network import requests
from synnefo.api.network.resources import RESOURCES, Resource
from synnefo.api.services import NETWORK


def versions(call: Call) -> Answer:
    links = [{"rel": "self", "href": f"{call.base_url}/{NETWORK.mount}/v2.0/"}]
    return Answer(200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})


def contents(call: Call) -> Answer:
    """The collections there are."""
    root = f"{call.base_url}/{NETWORK.mount}/v2.0"
    found = [
        {"name": one.name, "collection": one.plural, "links": [{"rel": "self", "href": f"{root}/{one.path}"}]}
        for one in RESOURCES
    ]
    return Answer(200, {"resources": found})


def index(call: Call, *, resource: Resource) -> Answer:
    page, where = paging.page(call), requests.wanted(call, resource.filters)
    sort = paging.sorting(call, resource.sortable, way="asc")
    found = resource.rows(call.caller, sort=sort, limit=page.limit, marker=page.marker, **where)
    body: dict[str, Any] = {resource.plural: [_shown(call, resource.write(one, call.caller)) for one in found]}
    links = paging.next_link(call, [one.id for one in found], page)
    return Answer(200, {**body, f"{resource.plural}_links": links} if links else body)


def show(call: Call, id: str, *, resource: Resource) -> Answer:
    found = resource.row(call.caller, id)
    return Answer(200, {resource.name: _shown(call, resource.write(found, call.caller))})


def _shown(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Only the fields that were asked for, if any were."""
    fields = set(call.query.all("fields"))
    return {name: value for name, value in body.items() if name in fields} if fields else body


def unmakeable(call: Call, *, resource: Resource) -> Answer:  # noqa: ARG001 - refused to everybody
    raise NotSupported(reason=resource.why)


def unchangeable(call: Call, id: str, *, resource: Resource) -> Answer:
    resource.row(call.caller, id)
    raise NotSupported(reason=resource.why)


def absent(call: Call, *, what: str, advice: str, **path: str) -> Answer:  # noqa: ARG001 - refused to everybody
    raise Absent(what=what, advice=advice)


def zones(call: Call) -> Answer:  # noqa: ARG001 - the same for everybody
    """Every cluster is a zone, and has every network."""
    found = [
        {"name": name, "resource": "network", "state": "available" if available else "unavailable"}
        for name, available in placement.zones()
    ]
    return Answer(200, {"availability_zones": found})


def extensions(call: Call) -> Answer:  # noqa: ARG001
    return Answer(200, {"extensions": list(known.extensions().values())})


def extension(call: Call, alias: str) -> Answer:  # noqa: ARG001
    found = known.extensions().get(alias)
    if found is None:
        raise NotFound(kind="extension", id=alias)
    return Answer(200, {"extension": found})
