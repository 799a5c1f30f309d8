"""A server as somebody may change it: its row, locked. Called by the functions of ``commands``, in their transactions."""

from logic.access import Caller
from logic.compute.models import Server
from logic.errors import NotFound
from logic.ledger import beginning


def held(caller: Caller, id: str) -> Server:
    """The row, locked. Another tenant's server is as unknown as one that never was; so is a deleted one."""
    server: Server = beginning.hold("server", id)
    if (server.project != caller.project and not caller.is_admin) or server.observed == "gone":
        raise NotFound(kind="server", id=id)
    return server
