"""Actions that move a server to another node of its cluster, for administrators. Their table is in ``actions``."""

from typing import Any

from logic.compute import commands
from synnefo.api.compute.requests import moving as requests
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.answers import Nothing
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes


@describes(takes=requests.Cold | None, status=202)
def migrate(call: Call, id: str, value: Any) -> None:
    commands.migrate_server(call.caller, id, requests.cold(call, value))


@describes(takes=requests.Live, status=202)
def migrate_live(call: Call, id: str, value: Any) -> None:
    commands.migrate_live(call.caller, id, requests.live(call, value))


@describes(takes=requests.Evacuation, gives=Nothing)
def evacuate(call: Call, id: str, value: Any) -> Answer:
    """It has the password that it had, so that none is told."""
    host = requests.evacuation(call, value)
    commands.evacuate_server(call.caller, id, host, start=not call.at_least(Since.EVACUATED_DOWN))
    return Answer(200, {})
