"""An administrator's word on whether a server is in error. It changes what its users may ask of it and nothing on its cluster.

Called by the API facades through ``commands``.
"""

from logic.access import Caller, require
from logic.compute import rescued, states
from logic.compute.holding import held
from logic.compute.models import Server
from logic.compute.states import Mode, Observed
from logic.errors import WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.transactions import atomically

_THERE = frozenset({Observed.RUNNING, Observed.PAUSED, Observed.STOPPED, Observed.CRASHED})


@atomically
def reset_state(caller: Caller, id: str, *, error: bool) -> None:
    """In error, or as its cluster says that it is; rescued, if that is what it boots.

    Raises :class:`NotFound`, :class:`Forbidden`, :class:`WrongState` for one with a command in flight, one
    that has never been or has vanished, and one that waits for its user (resized, rescued…)."""
    server = held(caller, id, locked=True)
    require(caller, "admin", "reset the state of a server")
    _check(server)
    sound = Mode.RESCUED if rescued.is_told(state_of(server)) else Mode.NORMAL  # what it boots no word changes
    if (mode := Mode.FAILED if error else sound) != server.mode:
        beginning.change_mode(caller, "server", server, mode, "reset")


def _check(server: Server) -> None:
    usual = server.mode in {Mode.NORMAL, Mode.FAILED} and not server.other_flavor
    if server.command or not usual or server.observed not in _THERE:
        phase = states.phase(state_of(server))
        advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
        raise WrongState(action="reset the state of", kind="server", id=server.pk, state=str(phase), advice=advice)
