"""Which clusters a type's extra specs leave to its volumes, by what every cluster says of itself as Cinder's backends do; and the
message that tells that none is left. Called by ``volumes``.
"""

import datetime
from typing import Final

from logic import clock
from logic.access import Caller, require
from logic.errors import NotFound
from logic.placement import queries as placement
from logic.transactions import atomically
from logic.volume.models import Message, Volume
from logic.volume.queries.types import TypeInfo

VENDOR: Final = "Synnefo"
PROTOCOL: Final = "ganeti"
SCOPE: Final = "capabilities:"
# Cinder's. https://docs.openstack.org/cinder/latest/contributor/user_messages.html
NO_BACKEND: Final = "VOLUME_VOLUME_001_002"
KEPT: Final = datetime.timedelta(days=30)


def fitting(kind: TypeInfo) -> list[str] | None:
    """The names of the clusters that have what a type asks for; None when it asks for nothing that they could lack."""
    wanted = {key.removeprefix(SCOPE): value for key, value in kind.extra_specs.items()}
    wanted = {key: value for key, value in wanted.items() if key in said_of("")}
    if not wanted:
        return None
    return [name for name, _ in placement.zones() if wanted.items() <= said_of(name).items()]


def said_of(cluster: str) -> dict[str, str]:
    """What extra specs can ask for."""
    return {"volume_backend_name": cluster, "vendor_name": VENDOR, "storage_protocol": PROTOCOL}


def tell_no_backend(caller: Caller, row: Volume) -> None:
    text = "schedule allocate volume:Could not find any available weighted backend."
    tell(row.project, caller.request, row.pk, NO_BACKEND, text)


def tell(project: str, request: str, volume: str, event: str, text: str) -> None:
    """Write a message. Nobody reads what is older than it is kept for."""
    Message.objects.filter(project=project, created_at__lt=clock.now() - KEPT).delete()
    Message.objects.create(project=project, request=request, volume=volume, event=event, text=text)


@atomically
def delete_message(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "delete a message")
    rows = Message.objects.filter(pk=id)
    if not (rows if caller.is_admin else rows.filter(project=caller.project)).delete()[0]:
        raise NotFound(kind="message", id=id)
