"""Neutron's views that make, change and delete security groups and their rules."""

from logic.network.security import commands, queries, switch
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes, bodies, render
from synnefo.api.network.answers.security import SecurityGroup, SecurityGroupRule


@describes(takes=bodies.Groups, gives=attributes.shown("security_group", SecurityGroup), status=201, refuses=[501])
def create_groups(call: Call) -> Answer:
    switch.require()
    alone, wanted = bodies.groups(call)
    ids = commands.create_groups(call.caller, wanted)
    made = [render.group(queries.group(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"security_group": made[0]} if alone else {"security_groups": made})


@describes(takes=bodies.GroupsChange, gives={"security_group": SecurityGroup})
def update_group(call: Call, id: str) -> Answer:
    queries.group(call.caller, id)
    wanted = bodies.group_change(call)
    commands.update_group(call.caller, id, name=wanted.name, description=wanted.description)
    return Answer(200, {"security_group": render.group(queries.group(call.caller, id), call.caller)})


@describes(status=204)
def delete_group(call: Call, id: str) -> Answer:
    commands.delete_group(call.caller, id)
    return Answer(204)


@describes(
    takes=bodies.Rules, gives=attributes.shown("security_group_rule", SecurityGroupRule), status=201, refuses=[501]
)
def create_rules(call: Call) -> Answer:
    switch.require()
    alone, wanted = bodies.rules(call)
    ids = commands.create_rules(call.caller, wanted)
    made = [render.rule(queries.rule(call.caller, id), call.caller) for id in ids]
    return Answer(201, {"security_group_rule": made[0]} if alone else {"security_group_rules": made})


@describes(status=204)
def delete_rule(call: Call, id: str) -> Answer:
    commands.delete_rule(call.caller, id)
    return Answer(204)
