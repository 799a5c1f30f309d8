"""``/v3/registered_limits`` and ``/v3/limits``: of resources that other services count."""

from logic.identity.commands import limits as commands
from logic.identity.commands.limits import NewLimit, NewRegistered, RegisteredChanges
from logic.identity.infos import LimitInfo, RegisteredLimitInfo
from logic.identity.queries import limits as queries
from synnefo.api.identity import catalog, render
from synnefo.api.identity.answers.catalog import Limit, Model, RegisteredLimit
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.catalog import (
    LimitPatchRequest,
    LimitRequest,
    RegisteredPatchRequest,
    RegisteredRequest,
)
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"model": Model})
def show_model(call: Call) -> Answer:
    name, description = queries.model(call.caller)
    return Answer(200, {"model": {"name": name, "description": description}})


@describes(
    gives=several("registered_limits", RegisteredLimit), query=parameters("region_id", "resource_name", "service_id")
)
def list_registered(call: Call) -> Answer:
    wanted = asked(call, "service_id", "region_id", "resource_name")
    return listed(call, "registered_limits", map(_registered, queries.registered_limits(call.caller, wanted)))


@describes(gives={"registered_limit": RegisteredLimit})
def show_registered(call: Call, limit_id: str) -> Answer:
    found = queries.registered_limit(call.caller, limit_id)
    return render.one(call, "registered_limit", "registered_limits", _registered(found))


@describes(takes=RegisteredRequest, status=201, gives={"registered_limits": list[RegisteredLimit]})
def register(call: Call) -> Answer:
    new = [
        NewRegistered(
            service=body.service_id,
            resource=body.resource_name,
            amount=body.default_limit,
            region=body.region_id or "",
            description=body.description or "",
        )
        for body in call.decode(RegisteredRequest).registered_limits
    ]
    made = commands.register(call.caller, new, catalog.service_ids())
    shown = [render.linked(call, "registered_limits", _registered(one)) for one in made]
    return Answer(201, {"registered_limits": shown})


@describes(takes=RegisteredPatchRequest, gives={"registered_limit": RegisteredLimit})
def change_registered(call: Call, limit_id: str) -> Answer:
    body = call.decode(RegisteredPatchRequest).registered_limit
    changes = RegisteredChanges(
        service=body.service_id,
        resource=body.resource_name,
        amount=body.default_limit,
        region=body.region_id,
        description=body.description,
    )
    changed = commands.change_registered(call.caller, limit_id, changes, catalog.service_ids())
    return render.one(call, "registered_limit", "registered_limits", _registered(changed))


@describes(status=204)
def unregister(call: Call, limit_id: str) -> Answer:
    commands.unregister(call.caller, limit_id)
    return Answer(204)


@describes(gives=several("limits", Limit), query=parameters("project_id", "resource_name", "service_id"))
def list_limits(call: Call) -> Answer:
    wanted = asked(call, "service_id", "region_id", "resource_name", "project_id", "domain_id")
    return listed(call, "limits", map(_limit, queries.limits(call.caller, wanted)))


@describes(gives={"limit": Limit})
def show_limit(call: Call, limit_id: str) -> Answer:
    return render.one(call, "limit", "limits", _limit(queries.limit(call.caller, limit_id)))


@describes(takes=LimitRequest, status=201, gives={"limits": list[Limit]})
def create_limits(call: Call) -> Answer:
    new = [
        NewLimit(
            service=body.service_id,
            resource=body.resource_name,
            amount=body.resource_limit,
            region=body.region_id or "",
            project=body.project_id or "",
            domain=body.domain_id or "",
            description=body.description or "",
        )
        for body in call.decode(LimitRequest).limits
    ]
    made = commands.create_limits(call.caller, new)
    return Answer(201, {"limits": [render.linked(call, "limits", _limit(one)) for one in made]})


@describes(takes=LimitPatchRequest, gives={"limit": Limit})
def change_limit(call: Call, limit_id: str) -> Answer:
    body = call.decode(LimitPatchRequest).limit
    changed = commands.change_limit(call.caller, limit_id, body.resource_limit, body.description)
    return render.one(call, "limit", "limits", _limit(changed))


@describes(status=204)
def delete_limit(call: Call, limit_id: str) -> Answer:
    commands.delete_limit(call.caller, limit_id)
    return Answer(204)


def _registered(info: RegisteredLimitInfo) -> render.Body:
    return {
        "id": info.id,
        "service_id": info.service,
        "region_id": info.region or None,
        "resource_name": info.resource,
        "default_limit": info.amount,
        "description": info.description or None,
    }


def _limit(info: LimitInfo) -> render.Body:
    return {
        "id": info.id,
        "service_id": info.registered.service,
        "region_id": info.registered.region or None,
        "resource_name": info.registered.resource,
        "resource_limit": info.amount,
        "project_id": info.project or None,
        "domain_id": info.domain or None,
        "description": info.description or None,
    }
