"""Messages: why something that was accepted came to nothing."""

from typing import Any, Final, TypedDict

from logic.volume.commands import scheduling as commands
from logic.volume.queries import messages as queries
from logic.volume.queries.messages import MessageInfo
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.faults import UnknownRoute
from synnefo.api.kernel.reasons import told
from synnefo.api.kernel.times import bare
from synnefo.api.volume.render.volumes import links
from synnefo.api.volume.requests import lists
from synnefo.api.volume.requests.lists import Kind
from synnefo.api.volume.versions import Since

VOLUME, LEVEL = "VOLUME", "ERROR"
KIND: Final = Kind(
    sort={
        "id": "id",
        "event_id": "event",
        "request_id": "request",
        "resource_uuid": "volume",
        "created_at": "created_at",
    },
    filters={
        "resource_uuid": ("volume", lists.text),
        "event_id": ("event", lists.text),
        "request_id": ("request", lists.text),
        "resource_type": (VOLUME, lists.the_one),
        "message_level": (LEVEL, lists.the_one),
    },
)


class Message(TypedDict):
    id: str
    event_id: str
    request_id: str
    resource_type: str
    resource_uuid: str
    message_level: str
    user_message: str
    created_at: str
    guaranteed_until: str
    links: Links


@describes(gives=lists.told("messages", Message), query=KIND.query)
def list_messages(call: Call) -> Answer:
    _check(call)
    found = queries.messages(call.caller, lists.asked(call, KIND))
    return Answer(200, lists.body(call, "messages", found, lambda one: shown(one, call)))


@describes(gives={"message": Message})
def show_message(call: Call, id: str) -> Answer:
    _check(call)
    return Answer(200, {"message": shown(queries.message(call.caller, id), call)})


@describes(status=204)
def delete_message(call: Call, id: str) -> Answer:
    _check(call)
    commands.delete_message(call.caller, id)
    return Answer(204)


def _check(call: Call) -> None:
    if not call.at_least(Since.MESSAGES):
        raise UnknownRoute(path=call.path)


def shown(one: MessageInfo, call: Call) -> dict[str, Any]:
    return {
        "id": one.id,
        "event_id": one.event,
        "request_id": one.request,
        "resource_type": VOLUME,
        "resource_uuid": one.volume,
        "message_level": LEVEL,
        "user_message": told(one.text, admin=call.caller.is_admin),
        "created_at": bare(one.created_at),
        "guaranteed_until": bare(one.created_at + commands.KEPT),
        "links": links("messages", one.id, call),
    }
