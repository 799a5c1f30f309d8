"""Having the content of an instance's disks told: Ganeti's export, whose script is our OS definition's, and brings it to the API.

Called by ``ganeti_ordering``; blocks. A guest that runs goes on where all disks know snapshots; elsewhere it is stopped, and
started again when the content has been told (``cmdlib/backup.py`` of 3.0.2). What Ganeti keeps of it is a line on the instance's
own node: docs/decisions/0044.
"""

from typing import Final

from ganeti.rapi import RapiClient
from ganeti.vocabulary import reason_of
from logic.backends import os_parameters
from logic.errors import Rejected
from logic.messages.commands import CaptureServer

SNAPSHOTS: Final = frozenset({"plain", "drbd", "ext"})  # ``DTS_SNAPSHOT_CAPABLE``


def order(client: RapiClient, command: CaptureServer, depends: tuple[int, ...]) -> int:
    """The job. Raises ``Rejected``."""
    found = client.housed(command.instance)
    if found.disk_template == "diskless":
        raise Rejected("it has no disk", code="not-supported")
    if not os_parameters.provider_of(found.os or "").brings:  # its script would have the cluster keep all of it
        raise Rejected(
            "it was made by another OS definition, which does not bring what is on disks", code="not-supported"
        )
    if not found.pnode:
        raise Rejected("its node is not told", code="not-supported")
    stop = None if found.is_down or found.disk_template in SNAPSHOTS else command.timeout
    return client.export(command.instance, found.pnode, stop=stop, reason=reason_of(command.id), depends=depends)
