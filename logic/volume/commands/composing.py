"""Images without content of their own, that say of which snapshots the volumes of a server are made: how Nova writes them down in
an image's properties, and reads them. Called by ``equipping``, ``sources`` and ``logic.compute.composing``.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from logic import decoding
from logic.errors import BadRequest
from logic.image.queries import ImageInfo

# https://docs.openstack.org/nova/latest/user/block-device-mapping.html
MAPPING: Final = "block_device_mapping"
SECOND: Final = "bdm_v2"  # says that the mapping is of the second form
ROOT: Final = 0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A volume to be made: of a snapshot, of ``volume_size`` GiB. ``boot_index`` 0: it is booted from."""

    snapshot_id: str
    source_type: str = "snapshot"
    destination_type: str = "volume"
    boot_index: int | None = None
    volume_size: int | None = None
    device_name: str | None = None
    delete_on_termination: bool | None = False
    device_type: str | None = "disk"

    @property
    def is_root(self) -> bool:
        return self.boot_index == ROOT


def is_composed(image: ImageInfo) -> bool:
    """Has it no content of its own, and says where there is some?"""
    return not image.size and not image.blob_id and not image.backend_name and bool(image.properties.get(MAPPING))


def properties(parts: Sequence[Part]) -> dict[str, str]:
    """What says so of an image."""
    root = next((part.device_name for part in parts if part.is_root), None)
    told = {MAPPING: msgspec.json.encode(parts).decode(), SECOND: "True"}
    return told | ({"root_device_name": root} if root else {})


def parts(image: ImageInfo) -> list[Part]:
    """The one that is booted from first. Raises :class:`BadRequest`: anybody may write properties."""
    try:
        found = decoding.decode(image.properties[MAPPING], list[Part])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        found = []
    roots = [part for part in found if part.is_root]
    if len(roots) != 1 or any(part.source_type != "snapshot" or part.destination_type != "volume" for part in found):
        raise BadRequest(
            reason=f"Image {image.id} has no content, and its {MAPPING} does not name one snapshot to boot from, and snapshots "
            "alone. Choose another image."
        )
    return roots + [part for part in found if not part.is_root]
