"""OP_INSTANCE_MIGRATE and OP_INSTANCE_FAILOVER: an instance goes to another node of its cluster, while it runs or stopped and
started there. Steps, their order and texts are Ganeti's (observed on 3.0.2, instances on shared files).

In which order disks are closed and opened shows in the log alone. There are no disks of two nodes (DRBD) here.
"""

from collections.abc import Iterator

from ganeti.simulator.errors import STATE, OpError
from ganeti.simulator.model import Instance
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock
from ganeti.simulator.power import boot, halt
from ganeti.simulator.world import World

SHARED = frozenset({"sharedfile", "rbd", "ext", "gluster", "blockdev", "diskless"})


def _check_migration(world: World, given: Given) -> None:
    instance = _movable(world, given, "migrations")
    if instance.running:
        return
    why = "Node is marked offline"
    if instance.node not in world.identity.offline:
        why = f"Instance {instance.name} is not running"
    raise OpError(f"Can't migrate, please use failover: {why}", STATE)


def _check_failover(world: World, given: Given) -> None:
    _movable(world, given, "failovers")


def _movable(world: World, given: Given, what: str) -> Instance:
    instance = world.instance(given["instance_name"])
    if instance.disk_template not in SHARED:
        raise OpError(f"Instance's disk layout '{instance.disk_template}' does not allow {what}", STATE)
    _choose(world, given, instance)
    return instance


def _choose(world: World, given: Given, instance: Instance) -> None:
    """The node that it goes to; the cluster's allocator is asked when none is named. One that will run needs its memory there."""
    if not given["target_node"]:
        given["iallocator"] = given["iallocator"] or "hail"
        given["target_node"] = world.relocate(instance).name
    elif world.node(given["target_node"]).name == instance.node:
        raise OpError(f"Cannot migrate instance {instance.name} to its primary ({instance.node})", STATE)


def _chosen(given: Given) -> Iterator[Line]:
    name, target = given["instance_name"], given["target_node"]
    if given["iallocator"]:
        yield Line(f" - INFO: Selected nodes for instance {name} via iallocator {given['iallocator']}: {target}")


def _migration(world: World, given: Given) -> list[Line]:
    name, target = given["instance_name"], given["target_node"]
    source = world.instance(name).node
    return [
        *_chosen(given),
        Line(f"Migrating instance {name}"),
        Line("* checking disk consistency between source and target"),
        Line(f"* closing instance disks on node {target}"),
        Line(f"* opening instance disks on node {source} in shared mode"),
        Line(f"* opening instance disks on node {target} in shared mode"),
        Line(f"* preparing {target} to accept the instance"),
        Line(f"* migrating instance to {target}"),
        Line("* starting memory transfer"),
        Line("* memory transfer complete", "move"),
        Line(f"* closing instance disks on node {source}"),
        Line(f"* opening instance disks on node {target} in exclusive mode"),
        Line("* done"),
    ]


def _failover(world: World, given: Given) -> list[Line]:
    name, target = given["instance_name"], given["target_node"]
    instance = world.instance(name)
    up = instance.admin_state == "up"
    unseen = "* not checking disk consistency as instance is not running"
    lines = [
        *_chosen(given),
        Line(f"Failover instance {name}"),
        Line("* checking disk consistency between source and target" if up else unseen),
        Line("* shutting down instance on source node", "halt"),
        Line(f"* closing instance disks on node {instance.node}"),
        Line("* deactivating the instance's disks on source node", "move"),
    ]
    if up:
        lines.append(Line(f"* activating the instance's disks on target node {target}"))
        lines.append(Line(f"* starting the instance on the target node {target}", "boot"))
    return lines


def _move(world: World, given: Given, now: float) -> Outcome:
    instance = world.instance(given["instance_name"])
    instance.node = given["target_node"]
    world.keep(instance, now)
    return Outcome()


MIGRATE = Operation(
    hook="instance-migrate",
    lock=instance_lock,
    check=_check_migration,
    script=_migration,
    effects={"move": _move},
)
FAILOVER = Operation(
    hook="instance-failover",
    lock=instance_lock,
    check=_check_failover,
    script=_failover,
    effects={"halt": halt, "move": _move, "boot": boot},
)
