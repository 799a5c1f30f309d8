"""Beginnings of disks in several formats, written by hand: just enough to be told apart."""

import struct

QCOW2 = b"QFI\xfb"


def qcow2(*, backing: int = 0, features: int = 0, size: int = 2**30, length: int = 1024) -> bytes:
    """``backing``: where the name of a backing file stands; ``features``: the incompatible ones (4: a data file)."""
    header = struct.pack(">4sIQIIQ", QCOW2, 3, backing, 8 if backing else 0, 16, size)
    return (header.ljust(72, b"\0") + struct.pack(">Q", features)).ljust(length, b"\0")


def vmdk(extent: str = "RW 63 SPARSE", kind: str = "monolithicSparse") -> bytes:
    """A sparse header, and the text that says where the data is."""
    text = f'# Disk DescriptorFile\nversion=1\ncreateType="{kind}"\n{extent} "disk.vmdk"\n'.encode()
    header = struct.pack("<4sIIQQQQ", b"KDMV", 1, 3, 128, 128, 1, 1)
    return (header.ljust(512, b"\0") + text.ljust(512, b"\0")).ljust(4096, b"\0")


def iso(first: bytes = b"") -> bytes:
    return first.ljust(32768, b"\0") + (b"\x01CD001\x01" + bytes(73) + struct.pack("<I", 10)).ljust(4096, b"\0")
