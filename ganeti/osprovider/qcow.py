"""What a disk image really is, read from its first bytes before any program opens it by itself.

A qcow2 file may name other files of the node as its base or its data, and qemu-img, which is run by root, would put their
content into a tenant's disk. Such files are refused here. Pure; called by ``writing``.
"""

import struct
from typing import Final

from ganeti.osprovider.orders import Format
from ganeti.osprovider.troubles import Trouble

HEADER: Final = 104
MAGIC: Final = b"QFI\xfb"
_DATA_FILE: Final = 1 << 2  # of the incompatible features
_CORRUPT: Final = 1 << 1


def virtual_size(head: bytes, format: Format, length: int) -> int:
    """Bytes of the disk that an image of ``length`` bytes beginning with ``head`` holds. Raises :class:`Trouble`."""
    really = "qcow2" if head.startswith(MAGIC) else "raw"
    if really != format:
        raise Trouble(f"the image is said to be {format}, but it is {really}")
    return length if format == "raw" else _qcow2(head)


def _qcow2(head: bytes) -> int:
    if len(head) < HEADER:
        raise Trouble("the image is shorter than a qcow2 header")
    version, backing, _, _, size, encrypted = struct.unpack_from(">IQIIQI", head, 4)
    (features,) = struct.unpack_from(">Q", head, 72)
    if version not in {2, 3}:
        raise Trouble(f"the image is qcow2 of version {version}, which is not known")
    if backing or (version > 2 and features & _DATA_FILE):  # noqa: PLR2004 - the version with features
        raise Trouble("the image is not whole: it refers to another file")
    if encrypted or (version > 2 and features & _CORRUPT):  # noqa: PLR2004
        raise Trouble("the image is encrypted or marked as corrupt")
    return int(size)
