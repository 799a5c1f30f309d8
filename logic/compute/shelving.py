"""Shelving a server: it is shut down, and stays so until its user takes it up again. Its disk, its addresses and what it holds of
a quota stay where they are, until it leaves its cluster (``offloading``). Called by the API facades through ``commands``.
"""

from django.conf import settings

from logic.access import Caller, require
from logic.compute import offloading, restoring, states
from logic.compute.checks import can
from logic.compute.holding import held
from logic.compute.restoring import Target
from logic.compute.states import Mode, Observed, Phase
from logic.db import new_id
from logic.errors import Conflict, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import StartServer, StopServer
from logic.transactions import atomically
from logic.volume.states import Mode as Kept

SHELVED = "shelved"  # in the journal, of one that was down already


@atomically
def shelve_server(caller: Caller, id: str) -> None:
    """The guest is asked to shut down, unless it is down. Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", "shelve a server")
    server = held(caller, id)
    seconds = settings.SHELVED_OFFLOAD_TIME
    leaves = seconds >= 0 and offloading.why_not(server) is None
    if states.phase(state_of(server)) in {Phase.STOPPED, Phase.CRASHED}:
        mode = Mode.LEAVING if leaves and not seconds else Mode.SHELVED
        beginning.change_mode(caller, "server", server, mode, SHELVED)
    else:
        can(server.backend, StopServer)
        deaf = server.observed == Observed.PAUSED  # it would not hear that it is to shut down
        patience = 0 if deaf else settings.GANETI_SHUTDOWN_TIMEOUT
        command = StopServer(id=new_id(), resource=server.pk, instance=server.instance, timeout=patience)
        beginning.begin(caller, "server", server, "shelve-off" if leaves and not seconds else "shelve", command)
    if leaves:
        offloading.put(server, seconds)


@atomically
def offload_server(caller: Caller, id: str) -> None:
    """A shelved one leaves its cluster now. What is leaving goes on. Raises :class:`NotFound`, :class:`WrongState`,
    :class:`NotSupported` where it cannot, :class:`QuotaExceeded` where there is no room for its image."""
    server = held(caller, id)
    require(caller, "admin", "offload a server")
    phase = states.phase(state_of(server))
    if phase in {Phase.LEAVING, Phase.SAVING, Phase.OFFLOADING}:
        return
    if phase is not Phase.SHELVED:
        advice = states.ADVICE.get(phase, "Shelve it first.")
        raise WrongState(action="offload", kind="server", id=id, state=str(phase), advice=advice)
    if refusal := offloading.why_not(server):
        raise refusal
    offloading.leave(caller, server)


@atomically
def unshelve_server(caller: Caller, id: str, target: Target = Target()) -> None:  # noqa: B008 - frozen
    """It runs afterwards; one that has left its cluster is made again. Raises :class:`NotFound`, :class:`WrongState`; for the
    latter also what ``restoring.restore`` raises. Only for those there is a ``target``."""
    require(caller, "member", "unshelve a server")
    server = held(caller, id)
    if server.mode == Mode.OFFLOADED:
        beginning.check("server", server, "unshelve-anew")
        restoring.restore(caller, server, target)
        return
    beginning.check("server", server, "unshelve")
    if target != Target():
        raise Conflict(reason=f"Server {id} is on its cluster, and starts there. Name no place for it.")
    if any(row.mode == Kept.RESERVED for row in offloading.volumes_of(server)):
        raise Conflict(reason=f"Volumes of server {id} are just leaving its cluster with it. Try again in a minute.")
    can(server.backend, StartServer)
    offloading.forget(server)
    command = StartServer(id=new_id(), resource=server.pk, instance=server.instance)
    beginning.begin(caller, "server", server, "unshelve", command)
