"""``/v3/services``, ``/v3/endpoints`` and ``/v3/regions``: the catalog as resources, what is built in before what was added."""

from collections.abc import Mapping, Sequence
from typing import Any

from logic.errors import BadRequest
from logic.identity.commands import catalog as commands
from logic.identity.commands.catalog import EndpointFields, RegionFields, ServiceFields
from logic.identity.infos import EndpointInfo, RegionInfo, ServiceInfo
from logic.identity.queries import catalog as queries
from synnefo.api.identity import catalog, render
from synnefo.api.identity.answers.catalog import Endpoint, Region, Service
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.requests.catalog import (
    EndpointBody,
    EndpointPatch,
    EndpointPatchRequest,
    EndpointRequest,
    RegionBody,
    RegionRequest,
    ServiceBody,
    ServicePatch,
    ServicePatchRequest,
    ServiceRequest,
)
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes
from synnefo.api.kernel.paging import next_url, page

Bodies = Sequence[Mapping[str, Any]]


@describes(gives=several("services", Service), query={**PAGE, "name": str, "type": str})
def list_services(call: Call) -> Answer:
    bodies = [*catalog.services(), *map(_service, queries.services(call.caller))]
    return _list(call, "services", bodies, ("type", "name"))


@describes(gives={"service": Service})
def show_service(call: Call, id: str) -> Answer:
    built_in = [body for body in catalog.services() if body["id"] == id]
    body = built_in[0] if built_in else _service(queries.service(call.caller, id))
    return render.one(call, "service", "services", body)


@describes(takes=ServiceRequest, status=201, gives={"service": Service})
def create_service(call: Call) -> Answer:
    body = call.decode(ServiceRequest).service
    made = commands.create_service(call.caller, _service_fields(body, extra(call, "service", ServiceBody)))
    return render.one(call, "service", "services", _service(made), 201)


@describes(takes=ServicePatchRequest, gives={"service": Service})
def change_service(call: Call, id: str) -> Answer:
    body = call.decode(ServicePatchRequest).service
    fields = _service_fields(body, extra(call, "service", ServicePatch))
    changed = commands.change_service(call.caller, id, fields, catalog.service_ids())
    return render.one(call, "service", "services", _service(changed))


@describes(status=204)
def delete_service(call: Call, id: str) -> Answer:
    commands.delete_service(call.caller, id, catalog.service_ids())
    return Answer(204)


OF_ENDPOINTS = {**PAGE, "interface": str, "region": str, "region_id": str, "service_id": str}


@describes(gives=several("endpoints", Endpoint), query=OF_ENDPOINTS)
def list_endpoints(call: Call) -> Answer:
    bodies = [*catalog.endpoints(call.base_url), *map(_endpoint, queries.endpoints(call.caller))]
    return _list(call, "endpoints", bodies, ("interface", "service_id", "region_id", "region"))


@describes(gives={"endpoint": Endpoint})
def show_endpoint(call: Call, id: str) -> Answer:
    built_in = [body for body in catalog.endpoints(call.base_url) if body["id"] == id]
    body = built_in[0] if built_in else _endpoint(queries.endpoint(call.caller, id))
    return render.one(call, "endpoint", "endpoints", body)


@describes(takes=EndpointRequest, status=201, gives={"endpoint": Endpoint})
def create_endpoint(call: Call) -> Answer:
    body = call.decode(EndpointRequest).endpoint
    fields = _endpoint_fields(body, extra(call, "endpoint", EndpointBody))
    made = commands.create_endpoint(call.caller, fields, catalog.service_ids())
    return render.one(call, "endpoint", "endpoints", _endpoint(made), 201)


@describes(takes=EndpointPatchRequest, gives={"endpoint": Endpoint})
def change_endpoint(call: Call, id: str) -> Answer:
    body = call.decode(EndpointPatchRequest).endpoint
    fields = _endpoint_fields(body, extra(call, "endpoint", EndpointPatch))
    changed = commands.change_endpoint(call.caller, id, fields, catalog.service_ids(), catalog.endpoint_ids())
    return render.one(call, "endpoint", "endpoints", _endpoint(changed))


@describes(status=204)
def delete_endpoint(call: Call, id: str) -> Answer:
    commands.delete_endpoint(call.caller, id, catalog.endpoint_ids())
    return Answer(204)


@describes(gives=several("regions", Region), query={**PAGE, "parent_region_id": str})
def list_regions(call: Call) -> Answer:
    return _list(call, "regions", [_region(one) for one in queries.regions(call.caller)], ("parent_region_id",))


@describes(gives={"region": Region})
def show_region(call: Call, id: str) -> Answer:
    return render.one(call, "region", "regions", _region(queries.region(call.caller, id)))


@describes(takes=RegionRequest, status=201, gives={"region": Region})
def create_region(call: Call, id: str = "") -> Answer:
    body = call.decode(RegionRequest).region
    if id and body.id not in {"", id}:
        raise BadRequest(reason="The field region.id tells another id than the address. Leave one of them out.")
    made = commands.create_region(call.caller, id or body.id, _region_fields(call, body))
    return render.one(call, "region", "regions", _region(made), 201)


@describes(takes=RegionRequest, gives={"region": Region})
def change_region(call: Call, id: str) -> Answer:
    changed = commands.change_region(call.caller, id, _region_fields(call, call.decode(RegionRequest).region))
    return render.one(call, "region", "regions", _region(changed))


@describes(status=204)
def delete_region(call: Call, id: str) -> Answer:
    commands.delete_region(call.caller, id)
    return Answer(204)


def _service(info: ServiceInfo) -> render.Body:
    return {
        **info.extra,
        "id": info.id,
        "type": info.type,
        "name": info.name,
        "description": info.description,
        "enabled": info.enabled,
    }


def _service_fields(body: ServiceBody | ServicePatch, own: Mapping[str, Any]) -> ServiceFields:
    return ServiceFields(type=body.type, name=body.name, description=body.description, enabled=body.enabled, extra=own)


def _endpoint(info: EndpointInfo) -> render.Body:
    return {
        **info.extra,
        "id": info.id,
        "service_id": info.service,
        "interface": info.interface,
        "region": info.region or None,
        "region_id": info.region or None,
        "url": info.url,
        "enabled": info.enabled,
    }


def _endpoint_fields(body: EndpointBody | EndpointPatch, own: Mapping[str, Any]) -> EndpointFields:
    return EndpointFields(
        service=body.service_id,
        interface=body.interface,
        region=body.region_id,
        new_region=body.region,
        url=body.url,
        enabled=body.enabled,
        extra=own,
    )


def _region(info: RegionInfo) -> render.Body:
    return {
        **info.extra,
        "id": info.id,
        "description": info.description,
        "parent_region_id": info.parent or None,
    }


def _region_fields(call: Call, body: RegionBody) -> RegionFields:
    own = extra(call, "region", RegionBody)
    return RegionFields(description=body.description, parent=body.parent_region_id, extra=own)


def _list(call: Call, kind: str, bodies: Bodies, filters: Sequence[str]) -> Answer:
    """All that fit, in one page or by ``limit`` and ``marker``: there are few."""
    wanted = {name: call.query.one(name) for name in filters if call.query.one(name)}
    found = [dict(body) for body in bodies if all(body[name] == value for name, value in wanted.items())]
    asked, ids = page(call), [body["id"] for body in found]
    if asked.marker:
        if asked.marker not in ids:
            raise BadRequest(reason="The marker is not among these. Use the id of the last one you have seen.")
        found = found[ids.index(asked.marker) + 1 :]
    shown = found[: asked.limit]
    following = next_url(call, [body["id"] for body in shown], asked) if len(shown) < len(found) else ""
    return render.many(call, kind, shown, following=following)
