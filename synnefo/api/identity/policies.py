"""``/v3/policies``: documents kept for other services."""

from logic.identity.commands import policies as commands
from logic.identity.infos import PolicyInfo
from logic.identity.queries import catalog as queries
from synnefo.api.identity import render
from synnefo.api.identity.answers.catalog import Policy
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.catalog import PolicyBody, PolicyPatch, PolicyPatchRequest, PolicyRequest
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("policies", Policy), query=parameters("type"))
def list_policies(call: Call) -> Answer:
    return listed(call, "policies", map(_policy, queries.policies(call.caller, asked(call, "type"))))


@describes(gives={"policy": Policy})
def show_policy(call: Call, policy_id: str) -> Answer:
    return render.one(call, "policy", "policies", _policy(queries.policy(call.caller, policy_id)))


@describes(takes=PolicyRequest, status=201, gives={"policy": Policy})
def create_policy(call: Call) -> Answer:
    body = call.decode(PolicyRequest).policy
    made = commands.create_policy(call.caller, body.type, body.blob, extra(call, "policy", PolicyBody))
    return render.one(call, "policy", "policies", _policy(made), 201)


@describes(takes=PolicyPatchRequest, gives={"policy": Policy})
def change_policy(call: Call, policy_id: str) -> Answer:
    body = call.decode(PolicyPatchRequest).policy
    own = extra(call, "policy", PolicyPatch)
    changed = commands.change_policy(call.caller, policy_id, body.type, body.blob, own)
    return render.one(call, "policy", "policies", _policy(changed))


@describes(status=204)
def delete_policy(call: Call, policy_id: str) -> Answer:
    commands.delete_policy(call.caller, policy_id)
    return Answer(204)


def _policy(info: PolicyInfo) -> render.Body:
    return {**info.extra, "id": info.id, "type": info.type, "blob": info.blob}
