"""Instance actions: what was asked of a server, newest first, and what became of it; and what became of it unasked, which
Nova tells as a stop, a start or a delete that no user has asked for. That a resize was confirmed, or a server shelved that was
down, took no command, and is told as one. A shelving has failed when the server stays on its cluster (``render.stays``).
"""

import functools
from typing import Any, Final, NotRequired

import msgspec

from logic.compute import queries
from logic.compute.infos import ServerInfo
from logic.compute.offloading import STAYS
from logic.compute.reactions import EFFECT
from logic.compute.resizing import CONFIRMED
from logic.compute.shelving import SHELVED
from logic.compute.states import Mode
from logic.errors import BadRequest, NotFound
from logic.ledger import queries as ledger
from logic.ledger.queries import CommandInfo, Line
from logic.network import queries as networks
from synnefo.api.compute.render import actions as render
from synnefo.api.compute.render import stays
from synnefo.api.compute.render.actions import InstanceAction, InstanceActionBrief
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.requests.filters import moment
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import paging
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, describes

# What made a server so, in our words.
VERBS: Final = {
    "running": "start",
    "paused": "pause",
    "stopped": "stop",
    "crashed": "stop",
    "removed": "delete",
    "gone": "delete",
}
UNSENT: Final = {CONFIRMED: "confirm", SHELVED: "shelve"}  # by what the journal says of them


@describes(
    gives={"instanceActions": list[InstanceActionBrief], "links": NotRequired[Links]},
    query={**PAGE, "changes-before": str, "changes-since": str},
)
def list_instance_actions(call: Call, server_id: str) -> Answer:
    server = _server(call, server_id)
    found = _narrowed(call, _commands(server))
    if not call.at_least(Since.ACTION_PAGES):
        return Answer(200, {"instanceActions": [render.action(one, server, frame(call)) for one in found]})
    page = paging.page(call)
    found = _after(found, page.marker)[: page.limit]
    body = {"instanceActions": [render.action(one, server, frame(call)) for one in found]}
    links = paging.next_link(call, [one.request for one in found], page)
    return Answer(200, body | ({"links": links} if links else {}))


@describes(gives={"instanceAction": InstanceAction})
def show_instance_action(call: Call, server_id: str, request_id: str) -> Answer:
    server = _server(call, server_id)
    found = [one for one in _commands(server) if one.request == request_id]
    if not found:
        raise NotFound(kind="action", id=request_id)
    return Answer(200, {"instanceAction": render.action_with_events(found[0], server, frame(call))})


def _server(call: Call, id: str) -> ServerInfo:
    return queries.server(call.caller, id, gone=call.at_least(Since.ACTIONS_OF_DELETED))


def _commands(server: ServerInfo) -> list[CommandInfo]:
    """The server's own and those of the ports it has or had; a port made with its server has none."""
    found = ledger.commands([server.id, *networks.ports_ever(server.id)], settled=True)
    lines = ledger.unasked("server", server.id, EFFECT)
    found += [_unasked(line, server) for line in lines if line.changes["observed"] in VERBS]
    for what, verb in UNSENT.items():
        found += [_unsent(line, server, verb) for line in ledger.noted("server", server.id, what)]
    found = stays.told(found, ledger.noted("server", server.id, STAYS), functools.partial(_not_left, server))
    return [_named(one) for one in sorted(found, key=lambda one: one.created_at, reverse=True)]


def _unasked(line: Line, server: ServerInfo) -> CommandInfo:
    verb = VERBS[line.changes["observed"]]
    return _never_sent(line, server, verb=verb, outcome=render.UNASKED, error=line.text, request="", user="")


def _not_left(server: ServerInfo, line: Line, why: str) -> CommandInfo:
    return _never_sent(line, server, verb=stays.OFFLOAD, outcome=stays.FAILED, error=why, request="", user=line.actor)


def _unsent(line: Line, server: ServerInfo, verb: str) -> CommandInfo:
    whose = {"request": line.request, "user": line.actor}
    if line.changes.get("mode") == Mode.LEAVING:
        verb = stays.AT_ONCE
    return _never_sent(line, server, verb=verb, outcome="success", error="", **whose)


def _never_sent(line: Line, server: ServerInfo, **told: str) -> CommandInfo:
    """As a command that nobody has sent: it was over when it was noted."""
    never: dict[str, Any] = {"code": "", "rank": 0, "attempts": 0, "again": False, "holder": "", **told}
    return CommandInfo(
        id=f"{server.id[:24]}{line.id:012x}",
        kind=line.kind,
        resource=line.resource,
        backend=server.host,
        status="settled",
        job=line.job,
        created_at=line.at,
        due_at=line.at,
        lease_until=None,
        settled_at=line.at,
        **never,
    )


def _named(one: CommandInfo) -> CommandInfo:
    """An action is found by its request; one that nobody requested over the API by its own id."""
    return one if one.request else msgspec.structs.replace(one, request=f"req-{one.id}")


def _after(found: list[CommandInfo], marker: str) -> list[CommandInfo]:
    if not marker:
        return found
    places = [place for place, one in enumerate(found, start=1) if one.request == marker]
    if not places:
        raise BadRequest(reason="The marker is not among these. Use the request id of the last action of a page.")
    return found[places[-1] :]


def _narrowed(call: Call, found: list[CommandInfo]) -> list[CommandInfo]:
    """By when they last changed, in the versions that know of it."""
    since, before = call.query.one("changes-since"), call.query.one("changes-before")
    if since and call.at_least(Since.ACTION_PAGES):
        start = moment(since, "changes-since")
        found = [one for one in found if (one.settled_at or one.created_at) >= start]
    if before and call.at_least(Since.CHANGES_BEFORE):
        end = moment(before, "changes-before")
        found = [one for one in found if (one.settled_at or one.created_at) <= end]
    return found
