"""What the walks bring along: the day of commands, and a disk and a public key in a folder of their own."""

import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from synnefo.testing.embedded import ROOT
from synnefo.testing.guests import guest

DAY: Final = ROOT / "contrib" / "clients" / "day.txt"


def files(folder: Path, can: Collection[str]) -> Path:
    """Where they are. The disk is 1 MiB of nothing, or a guest's where one ``boots``: nobody else lets go of volumes."""
    made = folder / "files"
    made.mkdir(exist_ok=True)
    if "boots" in can:
        shutil.copyfile(guest().raw.path, made / "disk.img")
    else:
        (made / "disk.img").write_bytes(bytes(range(256)) * 4096)
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (made / "key.pub").write_bytes(key.public_bytes(*form) + b" ada@laptop\n")
    return made
