"""Consoles: an address that shows a server's screen, once; and what its guest has said on its serial console.

``novnc`` is the one type there is. The others that Nova knows are unavailable, as they are in a Nova that was not told to offer
them.
"""

from typing import Any, TypedDict

from logic.compute import commands
from logic.errors import BadRequest
from synnefo.api.compute.requests import consoles
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.console import logs, novnc


class Unavailable(BadRequest):
    """Unavailable console type {type}. {advice}"""

    code = "console-type-unavailable"


class ConsoleOpened(TypedDict):
    type: str
    url: str


class RemoteConsoleOpened(ConsoleOpened):
    protocol: str


@describes(takes=consoles.RemoteConsoleBody, gives={"remote_console": RemoteConsoleOpened})
def open_console(call: Call, server_id: str) -> Answer:
    """From 2.6 on."""
    wanted = consoles.remote_console(call)
    if wanted.protocol != "vnc":
        _unavailable(call, server_id, wanted.type)
    url = _address(call, server_id, wanted.type)
    return Answer(200, {"remote_console": {"protocol": wanted.protocol, "type": wanted.type, "url": url}})


@describes(takes=consoles.OldConsole, gives={"console": ConsoleOpened})
def old_console(name: str, call: Call, server_id: str, value: Any) -> Answer:
    """Before."""
    type = consoles.old_console(name, value)
    return Answer(200, {"console": {"type": type, "url": _address(call, server_id, type)}})


@describes(takes=consoles.Log | None, gives={"output": str})
def console_log(call: Call, server_id: str, value: Any) -> Answer:
    """The cluster and the node are asked when the database has been."""
    lines = consoles.log_length(value)
    logged = commands.log_of(call.caller, server_id)

    async def told() -> Answer:
        return Answer(200, {"output": await logs.current().text(logged, lines)})

    return Answer(later=told)


def _address(call: Call, server_id: str, type: str) -> str:
    """The ticket stands behind the #, which no browser sends and no proxy logs."""
    if type != consoles.NOVNC:
        _unavailable(call, server_id, type)
    if not novnc.is_there():
        _unavailable(call, server_id, type, "noVNC is not installed on this API node. Tell your administrator.")
    return f"{call.base_url}/console/#{commands.open_console(call.caller, server_id)}"


def _unavailable(call: Call, server_id: str, type: str, advice: str = "Use novnc.") -> None:
    """A server that is unknown, or has no console now, is said to be so first."""
    commands.check_console(call.caller, server_id, "open a console of")
    raise Unavailable(type=type, advice=advice)
