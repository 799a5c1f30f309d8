"""A server as somebody may change it: its row, held until the transaction ends. Called by the functions of ``commands``, in
their transactions."""

from logic.access import Caller
from logic.compute.models import Server
from logic.errors import Conflict, NotFound
from logic.ledger import beginning


class Locked(Conflict):
    """Server {id} is locked by its {by}. Unlock it first."""

    code = "locked"


def held(caller: Caller, id: str, *, locked: bool = False) -> Server:
    """Another tenant's server is as unknown as one that never was; so is a deleted one. ``locked``: also one that its users
    have locked against what they might do to it; for the little that is allowed then."""
    server: Server = beginning.hold("server", id)
    if (server.project != caller.project and not caller.is_admin) or server.observed == "gone":
        raise NotFound(kind="server", id=id)
    if not locked:
        check_unlocked(caller, server)
    return server


def check_unlocked(caller: Caller, server: Server) -> None:
    """Administrators go past a lock. Raises :class:`Locked`."""
    if server.locked_by and not caller.is_admin:
        raise Locked(id=server.pk, by=server.locked_by)
