"""What the guest shall learn, as the file system it looks for: an OpenStack config drive, a volume labelled ``config-2``.

cloud-init, cloudbase-init, Ignition, cirros and the guest of ``contrib/guest`` read it. Pure, but for :func:`leave` and
:func:`kept`, which write and read the disk that Ganeti made for it. Called by ``scripts``; why a disk is in docs/decisions/0020.
"""

import json
import os

from ganeti.osprovider import iso9660
from ganeti.osprovider.orders import MIB, Disk, Metadata
from ganeti.osprovider.troubles import Trouble

LABEL = "config-2"
USER_DATA = "openstack/latest/user_data"


def files(metadata: Metadata) -> dict[str, bytes]:
    """Paths on the drive, and what is in them."""
    told: dict[str, object] = {
        "uuid": metadata.id,
        "name": metadata.hostname.partition(".")[0],
        "hostname": metadata.hostname,
        "launch_index": 0,
    }
    if metadata.keys:
        told["public_keys"] = {f"key-{place}": key for place, key in enumerate(metadata.keys)}
    if metadata.password:
        told["admin_pass"] = metadata.password
    found = {"openstack/latest/meta_data.json": json.dumps(told, indent=1).encode()}
    return found | ({USER_DATA: metadata.user_data} if metadata.user_data else {})


def kept(metadata: Metadata, disk: Disk) -> Metadata:
    """With the user data that is on the drive, for a system that is installed again: Ganeti has not kept it, for it is
    secret, and its remote API has no word for secrets there."""
    with disk.path.open("rb") as file:
        return metadata._replace(user_data=iso9660.read(file.read(MIB), USER_DATA))


def leave(metadata: Metadata, disk: Disk) -> None:
    """Write the drive; what was on the disk before is gone. Raises :class:`Trouble` when it does not fit."""
    image = iso9660.image(LABEL, files(metadata))
    with disk.path.open("r+b") as file:
        room = file.seek(0, os.SEEK_END)
        if len(image) > room:
            raise Trouble(f"the disk for metadata has {room} bytes, {len(image)} are needed")
        file.seek(0)
        file.write(image.ljust(min(room, MIB), b"\0"))  # more than any drive before it had
        file.flush()
        os.fsync(file.fileno())
