"""``/v3/groups`` and who is in them."""

from logic.errors import BadRequest
from logic.identity.commands import groups as commands
from logic.identity.commands.groups import GroupChanges, NewGroup
from logic.identity.queries import directory
from synnefo.api.identity import render
from synnefo.api.identity.answers.people import Group, User
from synnefo.api.identity.answers.words import several
from synnefo.api.identity.listing import asked, listed, parameters
from synnefo.api.identity.requests.people import GroupBody, GroupPatch, GroupPatchRequest, GroupRequest
from synnefo.api.identity.requests.words import extra
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives=several("groups", Group), query=parameters("domain_id", "name"))
def list_groups(call: Call) -> Answer:
    found = directory.groups(call.caller, asked(call, "name", "domain_id"))
    return listed(call, "groups", map(render.group, found))


@describes(gives={"group": Group})
def show_group(call: Call, group_id: str) -> Answer:
    return render.one(call, "group", "groups", render.group(directory.group(call.caller, group_id)))


@describes(takes=GroupRequest, status=201, gives={"group": Group})
def create_group(call: Call) -> Answer:
    body = call.decode(GroupRequest).group
    own = extra(call, "group", GroupBody)
    new = NewGroup(name=body.name, description=body.description or "", domain=body.domain_id or "", extra=own)
    return render.one(call, "group", "groups", render.group(commands.create_group(call.caller, new)), 201)


@describes(takes=GroupPatchRequest, gives={"group": Group})
def change_group(call: Call, group_id: str) -> Answer:
    body = call.decode(GroupPatchRequest).group
    if body.domain_id:
        raise BadRequest(reason="A group stays in its domain: leave out the field group.domain_id.")
    own = extra(call, "group", GroupPatch)
    changes = GroupChanges(name=body.name, description=body.description, extra=own)
    return render.one(call, "group", "groups", render.group(commands.change_group(call.caller, group_id, changes)))


@describes(status=204)
def delete_group(call: Call, group_id: str) -> Answer:
    commands.delete_group(call.caller, group_id)
    return Answer(204)


@describes(gives=several("users", User), query=parameters())
def list_users(call: Call, group_id: str) -> Answer:
    found = directory.users_in(call.caller, group_id, asked(call, "name", "domain_id", "enabled"))
    return listed(call, "users", map(render.user, found))


@describes(status=204)
def check_user(call: Call, group_id: str, user_id: str) -> Answer:
    """204 when the user is in the group, 404 when not."""
    directory.check_membership(call.caller, group_id, user_id)
    return Answer(204)


@describes(status=204)
def add_user(call: Call, group_id: str, user_id: str) -> Answer:
    commands.add_user(call.caller, group_id, user_id)
    return Answer(204)


@describes(status=204)
def remove_user(call: Call, group_id: str, user_id: str) -> Answer:
    commands.remove_user(call.caller, group_id, user_id)
    return Answer(204)
