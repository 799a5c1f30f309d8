"""Security groups and their rules for clients that look for them here, below 2.36: of rules those for what comes in."""

from typing import Any

from logic.errors import BadRequest, Conflict
from logic.network.security import commands, queries
from synnefo.api.compute.render import interfaces as render
from synnefo.api.compute.render.interfaces import GroupRule, SecurityGroup
from synnefo.api.compute.requests import proxies as requests
from synnefo.api.compute.requests.fields import identifier
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"security_groups": list[SecurityGroup]}, query=["all_tenants", "limit"])
def list_groups(call: Call) -> Answer:
    """Of all projects where an administrator asks for that."""
    everybodys = call.caller.is_admin and call.query.flag("all_tenants")
    own: dict[str, Any] = {} if everybodys else {"project": [call.caller.project]}
    found = queries.groups(call.caller, limit=paging.page(call).limit, **own)
    return Answer(200, {"security_groups": [render.group(one) for one in found]})


@describes(gives={"security_group": SecurityGroup})
def show_group(call: Call, id: str) -> Answer:
    return Answer(200, {"security_group": render.group(queries.group(call.caller, id))})


@describes(takes=requests.GroupBody, gives={"security_group": SecurityGroup})
def create_group(call: Call) -> Answer:
    wanted = requests.group(call)
    try:
        (id,) = commands.create_groups(call.caller, [wanted])
    except Conflict as refusal:  # Nova has no other word, here and below
        raise BadRequest(reason=refusal.sentence) from refusal
    return show_group(call, id)


@describes(takes=requests.GroupBody, gives={"security_group": SecurityGroup})
def change_group(call: Call, id: str) -> Answer:
    known, wanted = identifier(id, "security_group_id"), requests.group(call)
    try:
        commands.update_group(call.caller, known, name=wanted.name, description=wanted.description)
    except Conflict as refusal:
        raise BadRequest(reason=refusal.sentence) from refusal
    return show_group(call, known)


@describes(status=202)
def delete_group(call: Call, id: str = "") -> Answer:
    try:
        commands.delete_group(call.caller, id)
    except Conflict as refusal:
        raise BadRequest(reason=refusal.sentence) from refusal
    return Answer(202)


@describes(takes=requests.RuleBody, gives={"security_group_rule": GroupRule})
def create_rule(call: Call) -> Answer:
    wanted = requests.rule(call)
    try:
        (id,) = commands.create_rules(call.caller, [wanted])
    except Conflict as refusal:
        raise BadRequest(reason=refusal.sentence) from refusal
    return Answer(200, {"security_group_rule": render.rule(queries.rule(call.caller, id))})


@describes(status=202)
def delete_rule(call: Call, id: str) -> Answer:
    commands.delete_rule(call.caller, id)
    return Answer(202)
