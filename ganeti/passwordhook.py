"""A pre hook of Ganeti (instance-modify): the password that an order sets in a guest of this node, while the job holds the
instance. ``contrib/ganeti-hooks/snf-password-hook`` runs it (docs/decisions/0050).

The order is a change of the memory that a guest has while it runs to what it has already, and a tag ``synnefo:password:<id>``:
by the id an API is asked, with the cluster's node key, as for the secrets of a system that is installed again; it tells once. A
tag that an earlier order has left is one of which no API knows any more, and does nothing. Any other change, a guest on another
node, and one of another hypervisor are none of its affair. Python's own library alone.
"""

import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ganeti import guestagent
from ganeti.osprovider import asking, settings
from ganeti.osprovider.troubles import Trouble

CONTROLS: Final = "/run/ganeti/kvm-hypervisor/ctrl"
_TAG: Final = re.compile(r"synnefo:password:([0-9A-Za-z-]{1,64})")


def main(told: Mapping[str, str]) -> int:
    """The exit status; what could not be done is said as a sentence, and fails the job."""
    try:
        carry_out(told)
    except (Trouble, guestagent.Failed) as trouble:
        sys.stdout.write(f"snf-password-hook: {trouble}\n")
        return 1
    return 0


def carry_out(told: Mapping[str, str]) -> None:
    """Raises :class:`Trouble` and :class:`guestagent.Failed`."""
    if not told.get("GANETI_RUNTIME_MEMORY") or told.get("GANETI_INSTANCE_HYPERVISOR") != "kvm" or not _is_here(told):
        return
    orders = [found[1] for tag in told.get("GANETI_INSTANCE_TAGS", "").split() if (found := _TAG.fullmatch(tag))]
    if not orders:
        return
    ours = settings.read(Path(told.get(settings.FILE_VARIABLE, settings.FILE)))
    path = Path(told.get("CONTROLS", CONTROLS)) / f"{told['GANETI_INSTANCE_NAME']}.qga"
    for order in orders:
        if wanted := asking.secrets(order, ours):
            guestagent.set_password(str(path), wanted.get("user", ""), wanted.get("password", ""))


def _is_here(told: Mapping[str, str]) -> bool:
    primary, here = told.get("GANETI_INSTANCE_PRIMARY", ""), socket.gethostname()
    return bool(primary) and (primary in {here, socket.getfqdn()} or primary.split(".")[0] == here)
