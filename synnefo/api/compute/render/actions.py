"""Instance actions: the commands of a server and of its ports as Nova tells them, one action with one event each."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.compute.infos import ServerInfo
from logic.ledger.queries import CommandInfo
from synnefo.api.compute.render.frame import Frame, host_id
from synnefo.api.compute.render.reasons import told
from synnefo.api.compute.versions import Since, since
from synnefo.api.kernel import times

# Our verbs in Nova's words.
ACTIONS: dict[str, str] = {
    "create": "create",
    "start": "start",
    "stop": "stop",
    "reboot": "reboot",
    "reboot-hard": "reboot",
    "rebuild": "rebuild",
    "rebuild-stopped": "rebuild",
    "resize": "resize",
    "resize-stopped": "resize",
    "confirm": "confirmResize",
    "shelve": "shelve",
    "shelve-off": "shelve",
    "shelve-image": "createImage",
    "offload": "shelveOffload",
    "unshelve": "unshelve",
    "unshelve-anew": "unshelve",
    "rescue": "rescue",
    "unrescue": "unrescue",
    "capture": "createImage",
    "password": "changePassword",
    "migrate-live": "live-migration",
    "migrate": "migrate",
    "revert-move": "revertResize",
    "evacuate": "evacuate",
    "evacuate-stopped": "evacuate",
    "revert": "revertResize",
    "revert-stopped": "revertResize",
    "delete": "delete",
    "delete-force": "delete",
    "plug": "attach_interface",
    "unplug": "detach_interface",
    "attach": "attach_interface",
    "release": "detach_interface",
}
FAILED = frozenset({"error", "refused", "canceled"})
UNASKED = "unasked"  # the outcome of what nobody asked us for; its reason is where an error would be


class InstanceActionBrief(TypedDict):
    action: str
    instance_uuid: str
    request_id: str
    user_id: str | None
    project_id: str
    start_time: str
    message: str | None
    updated_at: NotRequired[Annotated[str, since(Since.ACTION_PAGES)]]


class InstanceEvent(TypedDict):
    event: str
    start_time: str
    finish_time: str | None
    result: str | None
    traceback: NotRequired[Annotated[str | None, since(0, when="for administrators")]]
    hostId: NotRequired[Annotated[str, since(Since.EVENT_HOSTS)]]
    host: NotRequired[Annotated[str, since(Since.EVENT_HOSTS, when="for administrators")]]
    details: NotRequired[Annotated[str | None, since(Since.EVENT_DETAILS)]]


class InstanceAction(InstanceActionBrief):
    events: NotRequired[Annotated[list[InstanceEvent], since(0, when="below 2.51 for administrators")]]


def action(command: CommandInfo, server: ServerInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /servers/{id}/os-instance-actions``."""
    view = {
        "action": ACTIONS.get(command.verb, command.verb),
        "instance_uuid": server.id,
        "request_id": command.request,
        "user_id": None if command.outcome == UNASKED else command.user,
        "project_id": server.project,
        "start_time": times.bare(command.created_at),
        "message": _message(command, frame),
    }
    if frame.at_least(Since.ACTION_PAGES):
        view["updated_at"] = times.bare(command.settled_at or command.created_at)
    return view


def _message(command: CommandInfo, frame: Frame) -> str | None:
    if command.outcome == UNASKED:
        return told(command.error, frame)
    return "Error" if command.outcome in FAILED else None


def action_with_events(command: CommandInfo, server: ServerInfo, frame: Frame) -> dict[str, Any]:
    """``GET /servers/{id}/os-instance-actions/{request_id}``. Below 2.51 events are for admins."""
    view = action(command, server, frame)
    if frame.admin or frame.at_least(Since.EVENTS):
        view["events"] = [_event(command, server, frame)]
    return view


def _event(command: CommandInfo, server: ServerInfo, frame: Frame) -> dict[str, Any]:
    failed = command.outcome in FAILED
    view: dict[str, Any] = {
        "event": f"synnefo_{ACTIONS.get(command.verb, command.verb)}",
        "start_time": times.bare(command.created_at),
        "finish_time": times.bare(command.settled_at) if command.settled_at else None,
        "result": ("Error" if failed else "Success") if command.settled_at else None,
    }
    if frame.admin:
        view["traceback"] = command.error or None
    if frame.at_least(Since.EVENT_HOSTS):
        view |= {"hostId": host_id(server.project, command.backend)} | (
            {"host": command.backend} if frame.admin else {}
        )
    if frame.at_least(Since.EVENT_DETAILS):
        view["details"] = told(command.error, frame) if failed and command.error else None
    return view
