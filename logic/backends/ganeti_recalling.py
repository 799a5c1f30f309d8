"""What an instance of Ganeti's has said on its serial console. Called by ``logic.backends.ganeti``; blocks.

The cluster says on which node it is and whose; the node, which keeps logs by Ganeti's own UUID, is asked for that one's. Names
are used again, UUIDs are not.
"""

import re
from typing import Final

from ganeti.nodes import Nodes
from ganeti.rapi import RapiClient
from logic.backends.base import Whose
from logic.errors import Gone

_UNFIT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # what controls terminals, but for tabs and ends of lines


def console_log(client: RapiClient, nodes: Nodes | None, whose: Whose, lines: int) -> str | None:
    """Raises :class:`Gone`, ``Transient``, ``Rejected``."""
    found = client.instance(whose.instance)
    if found.owner != whose.server or whose.instance_uuid not in {"", found.uuid}:
        raise Gone(f"{whose.instance} is another machine by now")
    said = nodes.console_log(found.pnode, found.uuid, lines) if nodes and found.pnode else None
    return None if said is None else _UNFIT.sub("", said.decode("utf-8", "replace"))
