"""OP_INSTANCE_GROW_DISK: one disk of an instance made larger, never smaller.

A guest that runs has to be stopped and started to see it. Texts are Ganeti's (observed on 3.0.2).
"""

from ganeti.simulator.disks import in_words
from ganeti.simulator.errors import INVALID, STATE, OpError
from ganeti.simulator.model import Disk
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock
from ganeti.simulator.world import World


def _disk(world: World, given: Given) -> Disk:
    disks, index = world.instance(given["instance_name"]).disks, given["disk"]
    if not -len(disks) <= index < len(disks):
        raise OpError(f"Invalid disk index: {index} (instace has disks 0 to {len(disks) - 1}", INVALID)
    return disks[index]


def _target(disk: Disk, given: Given) -> int:
    return int(given["amount"]) + (0 if given["absolute"] else disk.size)


def _check(world: World, given: Given) -> None:
    disk = _disk(world, given)
    target = _target(disk, given)
    if target < disk.size:
        sizes = f"Requested size ({in_words(target)}) is smaller than current disk size ({in_words(disk.size)})"
        raise OpError(sizes, STATE)


def _script(world: World, given: Given) -> list[Line]:
    disk, name = _disk(world, given), given["instance_name"]
    target = _target(disk, given)
    sizes = f"by {in_words(target - disk.size)} to {in_words(target)}"
    lines = [Line(f"Growing disk {given['disk']} of instance '{name}' {sizes}", "grow")]
    if not given["wait_for_sync"] and world.instance(name).admin_state != "up":
        said = "Not shutting down the disk even if the instance is not supposed to be running because no wait for sync"
        lines.append(Line(f" - WARNING: {said} mode was requested"))
    return lines


def _grow(world: World, given: Given, now: float) -> Outcome:
    disk = _disk(world, given)
    disk.size = _target(disk, given)
    world.keep(world.instance(given["instance_name"]), now)
    return Outcome()


GROW_DISK = Operation(hook="disk-grow", lock=instance_lock, check=_check, script=_script, effects={"grow": _grow})
