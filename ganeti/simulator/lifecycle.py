"""Start, stop, reboot, remove, reinstall.

In the order of the real ones: what is asked of an instance is recorded first, the guest follows. So an instance that is
starting is for a moment ERROR_down, and one that is stopping ERROR_up.
"""

from ganeti.simulator.errors import STATE, OpError
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock, known_instance
from ganeti.simulator.power import boot, halt
from ganeti.simulator.world import World


def _mark_up(world: World, given: Given, now: float) -> Outcome:
    instance = world.instance(given["instance_name"])
    instance.admin_state = "up"
    world.keep(instance, now)
    return Outcome()


def _mark_down(world: World, given: Given, now: float) -> Outcome:
    instance = world.instance(given["instance_name"])
    instance.admin_state = "down"
    world.keep(instance, now)
    return Outcome()


def _boot_as_before(world: World, given: Given, now: float) -> Outcome:
    """The same machine: it has what it had."""
    world.boot(world.instance(given["instance_name"]), now, anew=False)
    return Outcome()


def _drop(world: World, given: Given, _: float) -> Outcome:
    world.drop(world.instance(given["instance_name"]))
    return Outcome()


def _reinstall(world: World, given: Given, now: float) -> Outcome:
    instance = world.instance(given["instance_name"])
    instance.os, instance.osparams = given["os_type"] or instance.os, given["osparams"] or {}
    world.keep(instance, now)
    return Outcome()


def _reboot_script(world: World, given: Given) -> list[Line]:
    name = given["instance_name"]
    if world.instance(name).running:
        return [Line(effect="halt"), Line(effect="boot_as_before" if given["reboot_type"] == "soft" else "boot")]
    return [Line(f" - INFO: Instance {name} was already stopped, starting now", "mark_up"), Line(effect="boot")]


def _remove_script(world: World, given: Given) -> list[Line]:
    first = [Line(effect="halt")] if world.instance(given["instance_name"]).running else []
    return [*first, Line(effect="drop")]


def _stopped(world: World, given: Given) -> None:
    known_instance(world, given)
    name = given["instance_name"]
    if world.instance(name).admin_state != "down":
        raise OpError(f"Instance '{name}' is marked to be up, cannot reinstall", STATE)


STARTUP = Operation(
    hook="instance-start",
    lock=instance_lock,
    check=known_instance,
    script=lambda _world, _given: [Line(effect="mark_up"), Line(effect="boot")],
    effects={"mark_up": _mark_up, "boot": boot},
)
SHUTDOWN = Operation(
    hook="instance-stop",
    lock=instance_lock,
    check=known_instance,
    script=lambda _world, _given: [Line(effect="mark_down"), Line(effect="halt")],
    effects={"mark_down": _mark_down, "halt": halt},
)
REBOOT = Operation(
    hook="instance-reboot",
    lock=instance_lock,
    check=known_instance,
    script=_reboot_script,
    effects={"mark_up": _mark_up, "halt": halt, "boot": boot, "boot_as_before": _boot_as_before},
)
REMOVE = Operation(
    hook="instance-remove",
    lock=instance_lock,
    check=known_instance,
    script=_remove_script,
    effects={"halt": halt, "drop": _drop},
)
REINSTALL = Operation(
    hook="instance-reinstall",
    lock=instance_lock,
    check=_stopped,
    script=lambda _world, _given: [Line(" - INFO: Running instance OS create scripts..."), Line(effect="reinstall")],
    effects={"reinstall": _reinstall},
)
