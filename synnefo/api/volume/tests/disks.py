"""Disks whose content is brought, as tests of images, snapshots, backups and clones of volumes see it."""

import hashlib
from pathlib import Path

from ganeti.osprovider.packing import Packed
from logic.image import capturing, sweeping
from logic.messages.commands import Command
from logic.placement import nodekeys
from logic.testing.worlds import accepted, take, tell
from logic.volume.commands import bringing
from logic.volume.tests.test_commands import told
from synnefo.api.testing import Api

V3 = "/volume/v3"


def over(number: int, status: str = "success") -> Command:
    """The command that is due ends so, and what there is to do then is done."""
    taken = take()
    tell(accepted(taken, number), told(taken, status, number))
    settled()
    return taken.command


def settled() -> None:
    """What ``logic.image.working`` does all the time."""
    for id in (*capturing.settle(bringing.tell_of_image), *bringing.settle()):
        sweeping.remove(id)


def told_of(api: Api, instance: str, content: bytes | None = None, disk: str | int = "", key: str = "") -> object:
    """What a node is told of an instance, or what becomes of what it brings."""
    headers = {"Authorization": f"Bearer {key or nodekeys.make('c1')}"}
    if content is None:
        return api.get(f"/nodes/v1/exports/{instance}", headers=headers).json
    body = content + hashlib.sha512(content).digest()
    return api.request("PUT", f"/nodes/v1/exports/{instance}/{disk}", headers=headers, body=body).status


def packed(folder: Path, content: bytes = b"what the guest wrote") -> bytes:
    """A small disk, as a node packs it."""
    (folder / "disk").write_bytes(content.ljust(2**20, b"\0"))
    return b"".join(Packed(folder / "disk").pieces())
