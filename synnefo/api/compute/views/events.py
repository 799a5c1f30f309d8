"""``POST /os-server-external-events``: what other services tell Nova of a server. Here they are of one house."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
from msgspec import Meta

from logic.compute import queries
from logic.errors import NotFound
from synnefo.api.compute.requests.fields import Text
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import Shape, describes

MOST = 100  # of one request


class Event(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """That of a server's network something has changed. The others would have Nova do something, and nobody of this cloud sends
    them."""

    name: Literal["network-changed"]
    server_uuid: Text
    status: Literal["completed", "failed", "in-progress"] = "completed"
    tag: Text | None = None


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    events: Annotated[list[Event], Meta(min_length=1, max_length=MOST)]


class EventTold(TypedDict):
    name: str
    server_uuid: str
    tag: NotRequired[str]
    status: str
    code: int


EVENTS: Shape = {"events": list[EventTold]}


@describes(takes=Body, answers={200: EVENTS, 207: EVENTS})
def tell_events(call: Call) -> Answer:
    told = [_told(call, event) for event in call.decode(Body).events]
    codes = {one["code"] for one in told}
    if codes == {404}:
        raise NotFound(kind="server", id=told[0]["server_uuid"])
    return Answer(207 if len(codes) > 1 else 200, {"events": told})


def _told(call: Call, event: Event) -> dict[str, Any]:
    view: dict[str, Any] = {"name": event.name, "server_uuid": event.server_uuid}
    view |= {"tag": event.tag} if event.tag is not None else {}
    try:
        queries.server(call.caller, event.server_uuid)
    except NotFound:
        return view | {"status": "failed", "code": 404}
    return view | {"status": event.status, "code": 200}
