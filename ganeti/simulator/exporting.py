"""OP_BACKUP_EXPORT: what is on an instance's disks, told to whoever its OS definition's script tells it.

What the script does is done outside (:class:`ExportCall`): who turns the simulator's time (``running``) is given somebody who
does it; nobody is needed, and then it is as if the script had told nobody. Order and texts are those of 3.0.2
(``cmdlib/backup.py``).
"""

from collections.abc import Awaitable, Callable

import msgspec

from ganeti.simulator.errors import INVALID, OpError
from ganeti.simulator.model import Instance
from ganeti.simulator.operation import Effect, Given, Line, Operation, instance_lock
from ganeti.simulator.power import boot, halt
from ganeti.simulator.world import World

SNAPSHOTS = frozenset({"plain", "drbd", "ext"})
FAILED = "Export failed, errors in export finalization, disk export: disk(s) 0"
_NO_LIVE = "Not all disks could be snapshotted, and you requested a live export; aborting"
_NO_SLEEP = (
    "Not all disks could be snapshotted, and you did not allow the instance to remain offline for a longer time through the"
    " --long-sleep option; aborting"
)


class ExportCall(msgspec.Struct, frozen=True, kw_only=True):
    """The disks of an instance are to be told: their sizes in MiB, and their names. ``image`` is what its OS definition was
    told."""

    job: int
    instance: str
    uuid: str
    image: str
    disks: tuple[int, ...]
    names: tuple[str, ...] = ()


Exporter = Callable[[ExportCall], Awaitable[bool]]  # whether it was told


def called(world: World, job: int, given: Given) -> ExportCall:
    """What is to be done for a job that has come so far."""
    instance = world.instance(given["instance_name"])
    return ExportCall(
        job=job,
        instance=instance.name,
        uuid=instance.uuid,
        image=str(instance.osparams.get("img_id", "")),
        disks=tuple(disk.size for disk in instance.disks),
        names=tuple(disk.name or "" for disk in instance.disks),
    )


def _check(world: World, given: Given) -> None:
    world.instance(given["instance_name"])
    if given["mode"] != "local":
        raise OpError(f"Mode '{given['mode']}' is not known to this simulator", INVALID)
    world.node(given["target_node"] or "")
    if given["long_sleep"] and not given["shutdown"]:
        raise OpError("The long sleep option only makes sense when the instance can be shut down.", INVALID)


def _script(world: World, given: Given) -> list[Line]:
    instance = world.instance(given["instance_name"])
    name, up = instance.name, instance.admin_state == "up"
    live = up and instance.disk_template in SNAPSHOTS
    stop = [Line(f"Shutting down instance {name}", "halt" if instance.running else "")] if given["shutdown"] else []
    start = [Line(f"Starting instance {name}", "boot")] if given["shutdown"] and up else []
    _check_sleep(given, instance, live=live)
    tell = [Line(f"Exporting disks of {name}", asks=True)]
    return [*stop, *start, *tell] if live else [*stop, *tell, *start]


def _check_sleep(given: Given, instance: Instance, *, live: bool) -> None:
    if instance.admin_state != "up" or live:
        return
    if not given["shutdown"]:
        raise OpError(_NO_LIVE, kind="OpExecError")
    if not given["long_sleep"]:
        raise OpError(_NO_SLEEP, kind="OpExecError")


_EFFECTS: dict[str, Effect] = {"halt": halt, "boot": boot}
EXPORT = Operation(lock=instance_lock, check=_check, script=_script, effects=_EFFECTS)
