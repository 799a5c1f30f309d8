"""Images of servers that boot from volumes: each volume is taken a snapshot of, and the image names them, without content of its
own. Called by ``capturing``, in its transaction.

The image is active at once, as Nova's is; its snapshots are when what is on each disk has come, one after the other, and until
then no server is made of it. They are the project's: who deletes the image leaves them.
"""

from logic.access import Caller
from logic.compute.models import Server
from logic.errors import BadRequest
from logic.image import making
from logic.image.making import NewImage
from logic.volume import queries as volumes
from logic.volume.commands import composing
from logic.volume.commands.composing import Part
from logic.volume.commands.snapshots import NewSnapshot, create_snapshot
from logic.volume.queries import VolumeInfo


def create_image(caller: Caller, server: Server, image: NewImage) -> str:
    """Its id. Raises :class:`BadRequest`, :class:`NotSupported`, :class:`QuotaExceeded`, ``WrongState``."""
    there = volumes.on_servers([server.pk])[server.pk]
    if server.root_volume not in {one.id for one in there}:
        raise BadRequest(reason=f"The volume that server {server.pk} boots from is not on it now. Try again later.")
    ordered = sorted(there, key=lambda one: one.id != server.root_volume)
    parts = [_part(caller, server, one, image.name) for one in ordered]
    properties = {**image.properties, **composing.properties(parts)}
    return making.create_without_content(caller, image, properties)


def _part(caller: Caller, server: Server, one: VolumeInfo, name: str) -> Part:
    snapshot = create_snapshot(caller, NewSnapshot(volume=one.id, name=f"snapshot for {name}"[:255], attached=True))
    return Part(
        snapshot_id=snapshot,
        boot_index=composing.ROOT if one.id == server.root_volume else None,
        volume_size=one.size,
        device_name=one.mountpoint or None,
        delete_on_termination=one.goes_along,
    )
