"""What is secret of a server that is being rebuilt, for the node that makes its disk anew: Ganeti's reinstallation carries no
secrets (docs/decisions/0030). And the password that is being set in a guest, for the node that has its agent do it (0050).

Called by the nodes' facade. It is in the command, encrypted as at a creation, and told for as long as that is under way; the
password of a guest once.
"""

import msgspec

from logic import secretkeys
from logic.backends import os_parameters
from logic.errors import Conflict, NotFound
from logic.ledger import beginning, handing
from logic.ledger import queries as ledger
from logic.messages.commands import RebuildServer, SetPassword
from logic.transactions import atomically


def secrets(backend: int, id: str) -> dict[str, str]:
    """By the OS definition's names; no user data is none. Or ``user`` and ``password``. ``backend`` is whose node asks, ``id``
    the command's, as the node was told it. Raises :class:`NotFound` for what is over, another cluster's or neither of the two,
    and :class:`Conflict` for a password that was told."""
    command = ledger.unsettled(id, backend)
    if isinstance(command, SetPassword):
        return _handed(backend, command)
    if not isinstance(command, RebuildServer):
        raise NotFound(kind="rebuild", id=id)
    told = {name: value for name, value in command.os_params.items() if name in os_parameters.SECRET}
    if password := told.get(os_parameters.PASSWORD):
        told[os_parameters.PASSWORD] = secretkeys.current().decrypt(password)
    return told


@atomically
def _handed(backend: int, asked: SetPassword) -> dict[str, str]:
    beginning.hold("server", asked.resource)
    command = ledger.unsettled(asked.id, backend)
    if not isinstance(command, SetPassword):
        raise NotFound(kind="order of a password", id=asked.id)
    if not command.password:
        raise Conflict(reason="This password has been told already. Set it again.")
    handing.told(msgspec.structs.replace(command, password=""))
    return {"user": command.user, "password": secretkeys.current().decrypt(command.password)}
