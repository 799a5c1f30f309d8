"""Servers: made, listed, shown, changed, deleted."""

from msgspec import structs

from logic.compute import commands, passwords, queries
from logic.compute.infos import ServerInfo
from logic.volume import queries as volumes
from synnefo.api.compute.render import servers as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.server_answers import Server, ServerBrief, ServerChanged, ServerCreated
from synnefo.api.compute.requests import changes, filters
from synnefo.api.compute.requests import servers as requests
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.paging import Page


@describes(takes=requests.Body, gives=({"server": ServerCreated}, {"reservation_id": str}), status=202)
def create_server(call: Call) -> Answer:
    wanted = requests.creation(call)
    made = passwords.made()
    new = structs.replace(wanted.server, password=wanted.server.password or made)
    ids = commands.create_servers(call.caller, new)
    if wanted.reserve:
        return Answer(202, {"reservation_id": queries.server(call.caller, ids[0]).reservation})
    view = render.created(
        ids[0], wanted.groups, frame(call), disk=new.disk_config, password=new.password if made else ""
    )
    return Answer(202, {"server": view}, {"Location": view["links"][0]["href"]})


@describes(gives=paged("servers", ServerBrief), query=filters.QUERY)
def list_servers(call: Call) -> Answer:
    (page, found), seen = _page(call), frame(call)
    body = {"servers": [render.brief(server, seen) for server in found]}
    return Answer(200, body | _more(call, page, found))


@describes(gives=paged("servers", Server), query=filters.QUERY)
def list_servers_in_detail(call: Call) -> Answer:
    (page, found), seen = _page(call), frame(call)
    body = {"servers": [render.listed(server, seen) for server in volumes.shown(found)]}
    return Answer(200, body | _more(call, page, found))


def _page(call: Call) -> tuple[Page, list[ServerInfo]]:
    page, sort = paging.page(call), filters.order(call)
    wanted = filters.wanted(call)
    if call.query.one("limit") == "0":
        return page, []  # as Nova has it
    return page, queries.servers(call.caller, wanted, sort=sort, limit=page.limit, marker=page.marker)


def _more(call: Call, page: Page, found: list[ServerInfo]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, [server.id for server in found], page)
    return {"servers_links": links} if links else {}


@describes(gives={"server": Server})
def show_server(call: Call, server_id: str) -> Answer:
    return Answer(200, {"server": render.shown(_shown(call, server_id), frame(call))})


@describes(takes=changes.ChangedBody, gives={"server": ServerChanged})
def change_server(call: Call, server_id: str) -> Answer:
    commands.change_server(call.caller, server_id, changes.change(call))
    return Answer(200, {"server": render.changed(_shown(call, server_id), frame(call))})


def _shown(call: Call, server_id: str) -> ServerInfo:
    (server,) = volumes.shown([queries.server(call.caller, server_id)])
    return server


@describes(status=204)
def delete_server(call: Call, server_id: str) -> Answer:
    commands.delete_server(call.caller, server_id)
    return Answer(204)
