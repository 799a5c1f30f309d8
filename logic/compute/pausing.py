"""Pausing a server: its guest stands still with its memory where it is, and goes on. Called by the API facades through
``commands``.

Ganeti knows nothing of it: nodes do it and say so (``logic.backends.ganeti_pausing``). So it is for sites whose nodes all can.
"""

from django.conf import settings

from logic.access import Caller, require
from logic.compute.checks import can
from logic.compute.holding import held
from logic.db import new_id
from logic.errors import NotSupported
from logic.ledger import beginning
from logic.messages.commands import PauseServer
from logic.transactions import atomically


def pause_server(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`WrongState`, and :class:`NotSupported` where nodes cannot."""
    _begin(caller, id, "pause")


def unpause_server(caller: Caller, id: str) -> None:
    """Raises as :func:`pause_server`."""
    _begin(caller, id, "unpause")


@atomically
def _begin(caller: Caller, id: str, verb: str) -> None:
    require(caller, "member", f"{verb} a server")
    server = held(caller, id)
    can(server.backend, PauseServer)
    if not settings.NODES_PAUSE:
        raise NotSupported(reason="The nodes of this cloud pause no guests. Stop the server instead.")
    command = PauseServer(id=new_id(), resource=server.pk, instance=server.instance, paused=verb == "pause")
    beginning.begin(caller, "server", server, verb, command)
