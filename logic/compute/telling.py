"""What is secret of a server that is being rebuilt, for the node that makes its disk anew: Ganeti's reinstallation carries no
secrets (docs/decisions/0030).

Called by the nodes' facade. It is in the command, encrypted as at a creation, and told for as long as that is under way.
"""

from logic import secretkeys
from logic.backends import os_parameters
from logic.errors import NotFound
from logic.ledger import queries as ledger
from logic.messages.commands import RebuildServer


def secrets(backend: int, id: str) -> dict[str, str]:
    """By the OS definition's names; no user data is none. ``backend`` is whose node asks, ``id`` the rebuild's, as the node was
    told it. Raises :class:`NotFound` for what is over, another cluster's or no rebuild."""
    command = ledger.unsettled(id, backend)
    if not isinstance(command, RebuildServer):
        raise NotFound(kind="rebuild", id=id)
    told = {name: value for name, value in command.os_params.items() if name in os_parameters.SECRET}
    if password := told.get(os_parameters.PASSWORD):
        told[os_parameters.PASSWORD] = secretkeys.current().decrypt(password)
    return told
