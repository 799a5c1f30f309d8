"""Tags of a server: all of them, replaced, removed, one by one; from 2.26."""

from logic.compute import commands, queries
from logic.errors import NotFound
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.requests import changes
from synnefo.api.compute.requests.fields import tag as checked
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(gives={"tags": list[str]})
def list_tags(call: Call, server_id: str) -> Answer:
    return Answer(200, {"tags": queries.server(call.caller, server_id).tags})


@describes(status=204)
def check_tag(call: Call, server_id: str, tag: str) -> Answer:
    if tag not in queries.server(call.caller, server_id).tags:
        raise NotFound(kind="tag", id=tag)
    return Answer(204)


@describes(takes=changes.Tags, gives={"tags": list[str]})
def replace_tags(call: Call, server_id: str) -> Answer:
    return Answer(200, {"tags": commands.replace_tags(call.caller, server_id, changes.tags(call))})


@describes(status=204)
def remove_tags(call: Call, server_id: str) -> Answer:
    commands.replace_tags(call.caller, server_id, [])
    return Answer(204)


@describes(answers={201: None, 204: None})
def add_tag(call: Call, server_id: str, tag: str) -> Answer:
    """201 with its address when it is new."""
    if not commands.add_tag(call.caller, server_id, checked(tag, "tag")):
        return Answer(204)
    return Answer(201, headers={"Location": f"{frame(call).base}/v2.1/servers/{server_id}/tags/{tag}"})


@describes(status=204)
def remove_tag(call: Call, server_id: str, tag: str) -> Answer:
    commands.remove_tag(call.caller, server_id, tag)
    return Answer(204)
