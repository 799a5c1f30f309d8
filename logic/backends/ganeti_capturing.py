"""Having the content of an instance's disks told: Ganeti's export, whose script is our OS definition's, and brings it to the API.

Called by ``ganeti_ordering`` and ``ganeti_volumes``; blocks. A guest that runs goes on where all disks know snapshots; elsewhere
it is stopped, and started again when the content has been told (``cmdlib/backup.py`` of 3.0.2). What Ganeti keeps of it is a line
on the instance's own node: docs/decisions/0044.
"""

from collections.abc import Sequence
from typing import Final

from ganeti.rapi import RapiClient
from ganeti.replies import Housed
from ganeti.vocabulary import reason_of
from logic.backends import os_parameters
from logic.errors import Rejected
from logic.messages.commands import CaptureServer, CaptureVolume

SNAPSHOTS: Final = frozenset({"plain", "drbd", "ext"})  # ``DTS_SNAPSHOT_CAPABLE``


def order(client: RapiClient, command: CaptureServer, depends: tuple[int, ...]) -> int:
    """The job. Raises ``Rejected``."""
    return exported(client, client.housed(command.instance), command, depends)


def exported(client: RapiClient, found: Housed, command: CaptureServer | CaptureVolume, depends: Sequence[int]) -> int:
    """The same of an instance that is known."""
    if found.disk_template == "diskless":
        raise Rejected("it has no disk", code="not-supported")
    if not os_parameters.provider_of(found.os or "").brings:  # its script would have the cluster keep all of it
        raise Rejected(
            "it was made by another OS definition, which does not bring what is on disks", code="not-supported"
        )
    if not found.pnode:
        raise Rejected("its node is not told", code="not-supported")
    stop = None if found.is_down or found.disk_template in SNAPSHOTS else command.timeout
    return client.export(found.name, found.pnode, stop=stop, reason=reason_of(command.id), depends=depends)
