"""``/v3/roles``, and what they imply."""

from logic.errors import BadRequest
from logic.identity.commands import roles as commands
from logic.identity.infos import ImplicationInfo
from logic.identity.queries import roles as queries
from synnefo.api.identity import render
from synnefo.api.identity.answers.roles import Implication, Implications, Role
from synnefo.api.identity.answers.words import PageLinks, several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.roles import RoleBody, RolePatch, RolePatchRequest, RoleRequest
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("roles", Role), query=parameters("domain_id", "name"))
def list_roles(call: Call) -> Answer:
    return listed(call, "roles", map(render.role, queries.roles(call.caller, asked(call, "name", "domain_id"))))


@describes(gives={"role": Role})
def show_role(call: Call, role_id: str) -> Answer:
    return render.one(call, "role", "roles", render.role(queries.role(call.caller, role_id)))


@describes(takes=RoleRequest, status=201, gives={"role": Role})
def create_role(call: Call) -> Answer:
    body = call.decode(RoleRequest).role
    own = extra(call, "role", RoleBody)
    made = commands.create_role(call.caller, body.name, body.description or "", domain=body.domain_id or "", extra=own)
    return render.one(call, "role", "roles", render.role(made), 201)


@describes(takes=RolePatchRequest, gives={"role": Role})
def change_role(call: Call, role_id: str) -> Answer:
    body = call.decode(RolePatchRequest).role
    if body.domain_id:
        raise BadRequest(reason="A role stays in its domain: leave out the field role.domain_id.")
    own = extra(call, "role", RolePatch)
    changed = commands.change_role(call.caller, role_id, name=body.name, description=body.description, extra=own)
    return render.one(call, "role", "roles", render.role(changed))


@describes(status=204)
def delete_role(call: Call, role_id: str) -> Answer:
    commands.delete_role(call.caller, role_id)
    return Answer(204)


@describes(gives=several("role_inferences", Implications))
def list_inferences(call: Call) -> Answer:
    shown = [_implies(call, one) for one in queries.implications(call.caller)]
    return Answer(200, {"role_inferences": shown, "links": render.links(call)})


@describes(gives={"role_inference": Implications, "links": PageLinks})
def list_implied(call: Call, prior_id: str) -> Answer:
    shown = _implies(call, queries.implied_by(call.caller, prior_id))
    return Answer(200, {"role_inference": shown, "links": render.links(call)})


@describes(answers={200: {"role_inference": Implication, "links": PageLinks}, 204: None})
def show_implied(call: Call, prior_id: str, implied_id: str) -> Answer:
    """For HEAD, 204."""
    if call.method == "HEAD":
        queries.check_implication(call.caller, prior_id, implied_id)
        return Answer(204)
    return Answer(200, _one(call, queries.implication(call.caller, prior_id, implied_id)))


@describes(status=201, gives={"role_inference": Implication, "links": PageLinks})
def imply(call: Call, prior_id: str, implied_id: str) -> Answer:
    return Answer(201, _one(call, commands.imply(call.caller, prior_id, implied_id)))


@describes(status=204)
def imply_no_longer(call: Call, prior_id: str, implied_id: str) -> Answer:
    commands.imply_no_longer(call.caller, prior_id, implied_id)
    return Answer(204)


def _implies(call: Call, info: ImplicationInfo) -> render.Body:
    implied = [render.brief_role(call, role) for role in info.implied]
    return {"prior_role": render.brief_role(call, info.prior), "implies": implied}


def _one(call: Call, info: ImplicationInfo) -> render.Body:
    both = {**_implies(call, info), "implies": render.brief_role(call, info.implied[0])}
    return {"role_inference": both, "links": render.links(call)}
