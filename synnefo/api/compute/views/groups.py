"""Server groups."""

from logic.compute import groups
from synnefo.api.compute.render import groups as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.groups import ServerGroup
from synnefo.api.compute.requests import groups as requests
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes


@describes(gives={"server_groups": list[ServerGroup]}, query={**PAGE, "all_projects": str, "offset": str})
def list_server_groups(call: Call) -> Answer:
    everybody = call.caller.is_admin and "all_projects" in call.query
    offset, limit = call.query.number("offset", 0), paging.page(call).limit
    found = groups.groups(call.caller, all_projects=everybody, limit=limit, offset=offset)
    return Answer(200, {"server_groups": [render.group(one, frame(call)) for one in found]})


@describes(gives={"server_group": ServerGroup})
def show_server_group(call: Call, group_id: str) -> Answer:
    return Answer(200, {"server_group": render.group(groups.group(call.caller, group_id), frame(call))})


@describes(takes=requests.Body, gives={"server_group": ServerGroup})
def create_server_group(call: Call) -> Answer:
    made = groups.create_group(call.caller, *requests.creation(call))
    return Answer(200, {"server_group": render.group(made, frame(call))})


@describes(status=204)
def delete_server_group(call: Call, group_id: str) -> Answer:
    groups.delete_group(call.caller, group_id)
    return Answer(204)
