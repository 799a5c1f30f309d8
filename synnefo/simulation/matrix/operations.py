"""What is asked for in the matrix: every kind of operation, each on what it needs, by a user who takes care.

A user whose request died, or failed, looks whether it was done before asking again.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from django.conf import settings
from django.db import OperationalError

from logic.access import Caller
from logic.compute import commands
from logic.compute.commands import NewServer, Rebuilt, WantedImage
from logic.compute.models import Server
from logic.db import committing
from logic.errors import Refusal
from logic.ledger.models import Command
from logic.network import commands as network
from logic.network.commands import NewNic
from logic.network.models import Port
from logic.volume import commands as volume
from logic.volume.commands import NewVolume, replacing, snapshots
from logic.volume.commands.equipping import NewDisk
from logic.volume.commands.snapshots import NewSnapshot
from logic.volume.models import Snapshot, Volume
from synnefo.simulation import database
from synnefo.simulation.ports import free_port
from synnefo.simulation.processes import Killed, Process, SimulatedOffload

USER: Final = Caller(user="user", project=f"{1:032x}", roles=frozenset({"member"}))
TRIES: Final = 5
PAUSE: Final = 1.0
GOLDEN: Final = WantedImage(name="golden")
ANEW: Final = Rebuilt(image=database.IMAGE)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``after`` are the operations that make what it needs; what is deleted leaves another server behind."""

    after: tuple[str, ...] = ()
    ask: Callable[[Caller], object]


def _admin(caller: Caller) -> Caller:
    return msgspec.structs.replace(caller, roles=caller.roles | {"admin"})


def _server() -> str:
    """The newest."""
    newest = Server.objects.order_by("number").last()
    assert newest
    return newest.pk


def _port() -> str:
    newest = Port.objects.filter(observed="plugged").order_by("created_at").last()
    assert newest
    return newest.pk


def _volume() -> str:
    newest = Volume.objects.exclude(observed="gone").order_by("created_at").last()
    assert newest
    return newest.pk


def _claim(caller: Caller) -> None:
    """The port that was made for no server, or else a new one."""
    port = Port.objects.filter(owned=False).first() or free_port(caller, database.NETWORK)
    network.plug_port(caller, _server(), NewNic(port=port.pk))


def _attach(caller: Caller) -> None:
    """The volume there is, or else a new one."""
    if not Volume.objects.exists():
        volume.create_volume(caller, NewVolume(size=1))
    volume.attach_volume(caller, _server(), _volume())


def _create(caller: Caller) -> object:
    return commands.create_servers(caller, NewServer(name="demo", flavor="1", image=database.IMAGE))


def _capture(caller: Caller) -> None:
    commands.create_image(caller, _server(), GOLDEN)


def _snapshot(caller: Caller) -> None:
    """Of the volume's disk, which a server has."""
    snapshots.create_snapshot(caller, NewSnapshot(volume=_volume(), attached=True))


def _revert(caller: Caller) -> None:
    """To the snapshot of its disk, whatever has come of that here."""
    Snapshot.objects.filter(unread=True).update(status="available", unread=False)
    replacing.revert(caller, _volume(), Snapshot.objects.get().pk)


def _create_having(caller: Caller) -> object:
    """Booting from a volume of an image that goes along with it, with the one that is kept, an empty one, and one of an image."""
    root = NewDisk(image=database.IMAGE, size=1, root=True, goes_along=True)
    disks = (root, NewDisk(volume=_volume()), NewDisk(size=1), NewDisk(image=database.IMAGE, size=1))
    return commands.create_servers(caller, NewServer(name="demo", flavor="1", image="", disks=disks))


def _shelve_off(caller: Caller) -> None:
    settings.SHELVED_OFFLOAD_TIME = 0
    commands.shelve_server(caller, _server())


def _resize(caller: Caller) -> None:
    commands.resize_server(caller, _server(), "2")


def _delete_detaching(caller: Caller) -> None:
    """The server's end is asked for while its volume is just taken off."""
    volume.detach_volume(caller, _server(), _volume())
    commands.delete_server(caller, _server())


_HAVING: Final = ("create", "attach", "detach", "create-having")
OPERATIONS: Final[Mapping[str, Operation]] = {
    "create": Operation(ask=_create),
    "create-having": Operation(ask=_create_having, after=("create", "attach", "detach")),
    "delete-having": Operation(
        ask=lambda by: commands.delete_server(by, _server()), after=("create", "attach", "detach", "create-having")
    ),
    "start": Operation(ask=lambda by: commands.start_server(by, _server()), after=("create", "stop")),
    "stop": Operation(ask=lambda by: commands.stop_server(by, _server()), after=("create",)),
    "reboot": Operation(ask=lambda by: commands.reboot_server(by, _server(), hard=False), after=("create",)),
    "reboot-hard": Operation(ask=lambda by: commands.reboot_server(by, _server(), hard=True), after=("create",)),
    "rebuild": Operation(ask=lambda by: commands.rebuild_server(by, _server(), ANEW), after=("create",)),
    "rebuild-stopped": Operation(ask=lambda by: commands.rebuild_server(by, _server(), ANEW), after=("create", "stop")),
    "resize": Operation(ask=_resize, after=("create",)),
    "resize-stopped": Operation(ask=_resize, after=("create", "stop")),
    "revert": Operation(ask=lambda by: commands.revert_resize(by, _server()), after=("create", "resize")),
    "revert-stopped": Operation(
        ask=lambda by: commands.revert_resize(by, _server()), after=("create", "stop", "resize-stopped")
    ),
    "shelve": Operation(ask=lambda by: commands.shelve_server(by, _server()), after=("create",)),
    "unshelve": Operation(ask=lambda by: commands.unshelve_server(by, _server()), after=("create", "shelve")),
    "shelve-off": Operation(ask=_shelve_off, after=("create",)),
    "offload": Operation(ask=lambda by: commands.offload_server(_admin(by), _server()), after=("create", "shelve")),
    "offload-having": Operation(
        ask=lambda by: commands.offload_server(_admin(by), _server()), after=(*_HAVING, "shelve")
    ),
    "unshelve-having": Operation(
        ask=lambda by: commands.unshelve_server(by, _server()), after=(*_HAVING, "shelve", "offload-having")
    ),
    "delete-away": Operation(
        ask=lambda by: commands.delete_server(by, _server()), after=(*_HAVING, "shelve", "offload-having")
    ),
    "unshelve-anew": Operation(
        ask=lambda by: commands.unshelve_server(by, _server()), after=("create", "shelve", "offload")
    ),
    "rescue": Operation(ask=lambda by: commands.rescue_server(by, _server()), after=("create",)),
    "unrescue": Operation(ask=lambda by: commands.unrescue_server(by, _server()), after=("create", "rescue")),
    "capture": Operation(ask=_capture, after=("create",)),
    "migrate-live": Operation(ask=lambda by: commands.migrate_live(_admin(by), _server()), after=("create",)),
    "migrate": Operation(ask=lambda by: commands.migrate_server(_admin(by), _server()), after=("create",)),
    "revert-move": Operation(ask=lambda by: commands.revert_resize(by, _server()), after=("create", "migrate")),
    "delete": Operation(ask=lambda by: commands.delete_server(by, _server()), after=("create", "create")),
    "delete-force": Operation(
        ask=lambda by: commands.delete_server(by, _server(), force=True), after=("create", "create")
    ),
    "plug": Operation(
        ask=lambda by: network.plug_port(by, _server(), NewNic(network=database.NETWORK)), after=("create",)
    ),
    "plug-waiting": Operation(ask=_claim, after=("create",)),
    "unplug-waiting": Operation(
        ask=lambda by: network.unplug_port(by, _server(), _port()), after=("create", "plug-waiting")
    ),
    "attach": Operation(ask=_attach, after=("create",)),
    "attach-again": Operation(ask=_attach, after=("create", "attach", "detach")),
    "detach": Operation(ask=lambda by: volume.detach_volume(by, _server(), _volume()), after=("create", "attach")),
    "snapshot": Operation(ask=_snapshot, after=("create", "attach")),
    "delete-volume": Operation(
        ask=lambda by: volume.delete_volume(by, _volume()), after=("create", "attach", "detach")
    ),
    "revert-volume": Operation(ask=_revert, after=("create", "attach", "snapshot", "detach")),
    "delete-keeping": Operation(ask=lambda by: commands.delete_server(by, _server()), after=("create", "attach")),
    "unplug": Operation(ask=lambda by: network.unplug_port(by, _server(), _port()), after=("create", "plug")),
    "delete-detaching": Operation(ask=_delete_detaching, after=("create", "attach")),
}


async def ask(name: str) -> None:
    """Have an operation accepted."""
    caller = msgspec.structs.replace(USER, request=f"req-{Command.objects.count()}")
    for attempt in range(TRIES):
        process = Process(f"api.{name}.{attempt}", random.Random(name), lambda: 0.0)
        offload = SimulatedOffload(process, random.Random(f"{name} {attempt}"))
        try:
            await process.start(offload.write(committing, "request.commit", OPERATIONS[name].ask, caller))
        except (Killed, OperationalError, Refusal):
            await asyncio.sleep(PAUSE)
        if Command.objects.filter(request=caller.request).exists():
            return
    raise AssertionError(f"{name} was not accepted in {TRIES} tries")
