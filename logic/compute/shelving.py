"""Shelving a server: it is shut down, and stays so until its user takes it up again. Its disk, its addresses and what it holds of
a quota stay where they are; it is never offloaded. Called by the API facades through ``commands``.
"""

from django.conf import settings

from logic.access import Caller, require
from logic.compute import states
from logic.compute.checks import can
from logic.compute.holding import held
from logic.compute.states import Mode, Phase
from logic.db import new_id
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import StartServer, StopServer
from logic.transactions import atomically

SHELVED = "shelved"  # in the journal, of one that was down already


@atomically
def shelve_server(caller: Caller, id: str) -> None:
    """The guest is asked to shut down, unless it is down. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "shelve a server")
    server = held(caller, id)
    if states.phase(state_of(server)) in {Phase.STOPPED, Phase.CRASHED}:
        beginning.change_mode(caller, "server", server, Mode.SHELVED, SHELVED)
        return
    can(server.backend, StopServer)
    patience = settings.GANETI_SHUTDOWN_TIMEOUT
    command = StopServer(id=new_id(), resource=server.pk, instance=server.instance, timeout=patience)
    beginning.begin(caller, "server", server, "shelve", command)


@atomically
def unshelve_server(caller: Caller, id: str) -> None:
    """It runs afterwards. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "unshelve a server")
    server = held(caller, id)
    can(server.backend, StartServer)
    command = StartServer(id=new_id(), resource=server.pk, instance=server.instance)
    beginning.begin(caller, "server", server, "unshelve", command)
