"""Rescuing a server: it boots a rescue system from an optical disk that the nodes have, with its own disk beside it; and the way
back. Called by the API facades through ``commands``. Which system that is, is the operator's choice (``GANETI_RESCUE_IMAGE``).
"""

from django.conf import settings

from logic.access import Caller, require
from logic.compute import states
from logic.compute.checks import can
from logic.compute.holding import held
from logic.compute.models import Server
from logic.compute.states import NOT_RESCUED, Phase
from logic.db import new_id
from logic.errors import BadRequest, NotSupported, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import RescueServer
from logic.transactions import atomically


@atomically
def rescue_server(caller: Caller, id: str, *, of_volume: bool = True) -> None:
    """It is restarted; ``of_volume``: also one that boots from a volume. Raises :class:`NotFound`, :class:`WrongState`,
    :class:`BadRequest`, and :class:`NotSupported` without a rescue system."""
    require(caller, "member", "rescue a server")
    server = held(caller, id)
    can(server.backend, RescueServer)
    if server.root_volume and not of_volume:
        raise BadRequest(reason=f"Cannot rescue a volume-backed instance. Ask for {id} in version 2.87 or later.")
    if not settings.GANETI_RESCUE_IMAGE:
        raise NotSupported(reason="This cloud has no rescue system. Rebuild the server instead, or make another.")
    beginning.begin(caller, "server", server, "rescue", _command(server, settings.GANETI_RESCUE_IMAGE))


@atomically
def unrescue_server(caller: Caller, id: str) -> None:
    """It is restarted with its own system. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "unrescue a server")
    server = held(caller, id)
    can(server.backend, RescueServer)
    phase = states.phase(state_of(server))
    if phase is Phase.FAILED and server.fault_code != NOT_RESCUED:
        raise WrongState(
            action="unrescue", kind="server", id=server.pk, state=str(phase), advice=states.ADVICE[Phase.FAILED]
        )
    beginning.begin(caller, "server", server, "unrescue", _command(server, ""))


def _command(server: Server, image: str) -> RescueServer:
    return RescueServer(id=new_id(), resource=server.pk, instance=server.instance, image=image)
