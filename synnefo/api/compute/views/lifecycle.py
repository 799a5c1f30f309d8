"""Actions after which a server waits for its way back: paused, shelved, rescued. Their table is in ``actions``."""

from typing import Any, NotRequired

from logic.compute import commands, passwords
from synnefo.api.compute.requests import lifecycle as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(status=202)
def pause(call: Call, id: str, value: Any) -> None:
    requests.empty("pause", value)
    commands.pause_server(call.caller, id)


@describes(status=202)
def unpause(call: Call, id: str, value: Any) -> None:
    requests.empty("unpause", value)
    commands.unpause_server(call.caller, id)


@describes(takes=requests.Password, status=202)
def change_password(call: Call, id: str, value: Any) -> None:
    commands.set_password(call.caller, id, requests.password(value))


@describes(status=202)
def shelve(call: Call, id: str, value: Any) -> None:
    requests.empty("shelve", value)
    commands.shelve_server(call.caller, id)


@describes(takes=requests.Unshelve | None, status=202)
def unshelve(call: Call, id: str, value: Any) -> None:
    commands.unshelve_server(call.caller, id, requests.unshelve(value, call))


@describes(status=202, refuses=[501])
def shelve_offload(call: Call, id: str, value: Any) -> None:
    requests.empty("shelveOffload", value)
    commands.offload_server(call.caller, id)


@describes(takes=requests.Rescue | None, gives={"adminPass": NotRequired[str]})
def rescue(call: Call, id: str, value: Any) -> Answer:
    """Where the site has passwords for servers, Nova's answer has one, and clients want it. The rescue system is the operator's,
    and knows none of it."""
    password, made = requests.rescue(value), passwords.made()
    commands.rescue_server(call.caller, id, of_volume=call.at_least(Since.RESCUED_VOLUME))
    return Answer(200, {"adminPass": password or made} if made else {})


@describes(status=202)
def unrescue(call: Call, id: str, value: Any) -> None:
    requests.empty("unrescue", value)
    commands.unrescue_server(call.caller, id)
