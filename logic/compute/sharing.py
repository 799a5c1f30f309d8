"""Servers as child commands have them: a port that is plugged, a volume that is attached. They share the server with each other,
and wait for lifecycle commands. Called by the ``commands`` of networks and volumes, in their transactions."""

from collections.abc import Collection
from typing import Final

from django.conf import settings

from logic.access import Caller
from logic.compute import states
from logic.compute.holding import check_unlocked
from logic.compute.models import Server
from logic.compute.states import Phase
from logic.errors import NotFound, WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.placement.models import Backend

SHARED: Final = frozenset({Phase.ACTIVE, Phase.STOPPED, Phase.CRASHED})
DOWN_HERE: Final = frozenset(
    {Phase.SHELVED}
)  # on its cluster, where it waits for what is done to its volumes before it leaves
PUT_AWAY: Final = DOWN_HERE | {Phase.OFFLOADED}


def held_idle(caller: Caller, server_id: str, action: str, *, also: Collection[Phase] = ()) -> Server:
    """The server, locked, with no lifecycle command in flight; ``also``: what it may be beside at rest. ``action`` is what it is
    wanted for ("change the interfaces of"). Raises :class:`NotFound`, :class:`Locked`, :class:`WrongState`."""
    server: Server = beginning.hold("server", server_id)
    if server.project != caller.project and not caller.is_admin:
        raise NotFound(kind="server", id=server_id)
    check_unlocked(caller, server)
    phase = states.phase(state_of(server))
    if phase not in SHARED and phase not in also:
        advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
        raise WrongState(action=action, kind="server", id=server_id, state=str(phase), advice=advice)
    return server


def hypervisor_of(backend: Backend) -> str:
    """What instances of ours are made with there; empty: the cluster's own."""
    hypervisor: str = backend.hypervisor or settings.GANETI_HYPERVISOR
    return hypervisor
