"""Neutron's views: decode, one query, render. Which query and how it is written is in ``resources``."""

from typing import Any, Final

import msgspec

from logic.errors import NotFound, NotSupported
from logic.network import fields, revisions
from logic.placement import queries as placement
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import Absent
from synnefo.api.kernel.handling import View
from synnefo.api.network import attributes, render, requests
from synnefo.api.network import extensions as known
from synnefo.api.network.answers.cloud import Collection, Extension, Version, Zone
from synnefo.api.network.resources import RESOURCES, Resource
from synnefo.api.services import NETWORK

_TURNED: Final = {"asc": "desc", "desc": "asc"}


@describes(gives={"versions": list[Version]})
def versions(call: Call) -> Answer:
    links = [{"rel": "self", "href": f"{call.base_url}/{NETWORK.mount}/v2.0/"}]
    return Answer(200, {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})


@describes(gives={"resources": list[Collection]})
def contents(call: Call) -> Answer:
    """The collections there are."""
    root = f"{call.base_url}/{NETWORK.mount}/v2.0"
    found = [
        {"name": one.name, "collection": one.plural, "links": [{"rel": "self", "href": f"{root}/{one.path}"}]}
        for one in RESOURCES
    ]
    return Answer(200, {"resources": found})


def index(call: Call, *, resource: Resource) -> Answer:
    """``page_reverse`` walks towards the first page; what is on a page stands in the same order either way."""
    requests.check(call, resource.filters, resource.shown, fields.unseen(call.caller, f"get_{resource.name}"))
    page, where = paging.page(call), requests.wanted(call, resource.filters)
    sort = paging.sorting(call, resource.sortable, way="asc")
    back = bool(call.query.flag("page_reverse"))
    turned = [(column, _TURNED[way]) for column, way in sort or [("created_at", "asc")]] if back else sort
    rows = list(resource.rows(call.caller, sort=turned, limit=page.limit, marker=page.marker, **where))
    found = rows[::-1] if back else rows
    bodies = _tagged(resource, [resource.write(one, call.caller) for one in found])
    body: dict[str, Any] = {resource.plural: [_shown(call, one) for one in bodies]}
    links = paging.next_link(call, [one.id for one in rows], page)
    told = [{**one, "rel": "previous"} for one in links] if back else links
    return Answer(200, {**body, f"{resource.plural}_links": told} if told else body)


def show(call: Call, id: str, *, resource: Resource) -> Answer:
    found = resource.row(call.caller, id)
    (body,) = _tagged(resource, [resource.write(found, call.caller)])
    return Answer(200, {resource.name: _shown(call, body)})


def made(call: Call, *, resource: Resource, view: View) -> Answer:
    """What was made, one or several, as it is shown."""
    return _whole(view(call), resource)


def changed(call: Call, id: str, *, resource: Resource, view: View) -> Answer:
    """Changed or deleted, if it is still the revision that the caller means; as it is shown."""
    expected = attributes.revision(call)
    if expected is not None and not resource.immutable:
        revisions.check(resource.row(call.caller, id), expected)
    return _whole(view(call, id), resource)


def _whole(answer: Answer, resource: Resource) -> Answer:
    if not isinstance(answer.body, dict):
        return answer
    several = answer.body.get(resource.plural)
    told = _tagged(resource, several or [answer.body[resource.name]])
    return msgspec.structs.replace(answer, body={resource.plural: told} if several else {resource.name: told[0]})


def _tagged(resource: Resource, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return render.tagged(bodies) if resource.tagged else bodies


def _shown(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Only the fields that were asked for, if any were."""
    asked = set(call.query.all("fields"))
    return {name: value for name, value in body.items() if name in asked} if asked else body


@describes(answers={}, refuses=[501])
def unmakeable(call: Call, *, resource: Resource) -> Answer:  # noqa: ARG001 - refused to everybody
    raise NotSupported(reason=resource.why)


@describes(answers={}, refuses=[501])
def unchangeable(call: Call, id: str, *, resource: Resource) -> Answer:
    resource.row(call.caller, id)
    raise NotSupported(reason=resource.why)


@describes(answers={}, refuses=[404])
def absent(call: Call, *, what: str, advice: str, **path: str) -> Answer:  # noqa: ARG001 - refused to everybody
    raise Absent(what=what, advice=advice)


@describes(gives={"availability_zones": list[Zone]})
def zones(call: Call) -> Answer:  # noqa: ARG001 - the same for everybody
    """Every cluster is a zone, and has every network."""
    found = [
        {"name": name, "resource": "network", "state": "available" if available else "unavailable"}
        for name, available in placement.zones()
    ]
    return Answer(200, {"availability_zones": found})


@describes(gives={"extensions": list[Extension]})
def extensions(call: Call) -> Answer:  # noqa: ARG001
    return Answer(200, {"extensions": list(known.extensions().values())})


@describes(gives={"extension": Extension})
def extension(call: Call, alias: str) -> Answer:  # noqa: ARG001
    found = known.extensions().get(alias)
    if found is None:
        raise NotFound(kind="extension", id=alias)
    return Answer(200, {"extension": found})
