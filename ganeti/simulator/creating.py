"""OP_INSTANCE_CREATE: from ``mode``, ``disks``, ``nics`` and the rest to an instance.

The instance enters the configuration in the middle of the job, stopped; addresses and MACs are chosen then. A job that
fails before leaves nothing, one that fails after leaves the instance.
"""

from collections.abc import Iterator

from ganeti.simulator.disks import in_words, new_disk
from ganeti.simulator.errors import EXISTS, INVALID, NO_RESOURCES, RESOLVER, OpError
from ganeti.simulator.interfaces import new_nic
from ganeti.simulator.model import Instance, Nic
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock
from ganeti.simulator.parameters import beparams
from ganeti.simulator.power import boot
from ganeti.simulator.tagging import checked_tags
from ganeti.simulator.world import DEFAULT_BEPARAMS, World


def _check(world: World, given: Given) -> None:
    name = given["instance_name"]
    if name in world.instances:
        raise OpError(f"Instance '{name}' is already in the cluster", EXISTS)
    if given["mode"] != "create":
        raise OpError(f"Mode '{given['mode']}' is not known to this simulator", INVALID)
    if given["opportunistic_locking"] and not given["iallocator"]:
        raise OpError("Opportunistic locking is only available in combination with an instance allocator", INVALID)
    if given["name_check"]:  # the default of 3.0.2; there is no DNS here
        raise OpError(f"The given name ({name}) does not resolve: Name or service not known", RESOLVER)
    if given["ip_check"]:
        raise OpError("Cannot do IP address check without a name check", INVALID)
    checked_tags(given["tags"])
    _check_kind(world, given)


def _check_kind(world: World, given: Given) -> None:
    """Hypervisor, disk template and operating system, with the cluster's defaults."""
    settings = world.settings
    given["hypervisor"] = given["hypervisor"] or settings.hypervisors[0]
    given["disk_template"] = given["disk_template"] or settings.disk_templates[0]
    if given["hypervisor"] not in settings.hypervisors:
        enabled = ",".join(settings.hypervisors)
        raise OpError(
            f"Selected hypervisor ({given['hypervisor']}) not enabled in the cluster (enabled ones: {enabled})", INVALID
        )
    if given["disk_template"] not in settings.disk_templates:
        enabled = ", ".join(settings.disk_templates)
        raise OpError(
            f"Disk template '{given['disk_template']}' is not enabled in cluster. Enabled disk templates are: {enabled}",
            INVALID,
        )
    if given["disk_template"] == "file":
        given["file_driver"] = given["file_driver"] or "loop"
    if given["disk_template"] == "diskless" and given["disks"]:
        raise OpError("Diskless instances cannot have disks", INVALID)
    if not given["os_type"]:
        raise OpError("No guest OS specified", INVALID)
    if settings.oses and given["os_type"] not in settings.oses:
        raise OpError(f"OS '{given['os_type']}' not in supported OS list", INVALID)


def _script(world: World, given: Given) -> list[Line]:
    """Chooses the node, then says what will be done."""
    given["beparams"] = beparams(given["beparams"], {})
    memory = int((DEFAULT_BEPARAMS | given["beparams"])["maxmem"])
    given["pnode"] = _node(world, given["pnode"], memory, sum(int(disk.get("size") or 0) for disk in given["disks"]))
    given["pnode_uuid"] = world.uuid_of(given["pnode"])
    return list(_lines(world, given))


def _lines(world: World, given: Given) -> Iterator[Line]:
    name = given["instance_name"]
    for index, nic in enumerate(given["nics"]):
        if nic.get("network"):
            mode, link, vlan = world.connection(world.network(nic["network"]))
            yield Line(f" - INFO: NIC/{index} inherits netparams ['{link}', '{mode}', '{vlan}']")
    for index, disk in enumerate(given["disks"]):
        yield Line(f"* disk {index}, size {in_words(new_disk(world, disk).size)}")
    yield Line("* creating instance disks...")
    yield Line(f"adding instance {name} to cluster config", "add")
    yield Line("adding disks to cluster config")
    if given["disks"]:
        yield Line(f" - INFO: Waiting for instance {name} to sync disks")
        yield Line(f" - INFO: Instance {name}'s disks are in sync")
        if not given["no_install"]:
            yield Line("* running the instance OS create scripts...")
    if given["start"]:
        yield Line("* starting instance...", "boot")


def _add(world: World, given: Given, now: float) -> Outcome:
    nics: list[Nic] = []
    for wanted in given["nics"]:
        nics.append(new_nic(world, wanted, nics, conflicts_check=given["conflicts_check"]))
    instance = Instance(
        name=given["instance_name"],
        uuid=world.chance.uuid(),
        node=given["pnode"],
        os=given["os_type"],
        disk_template=given["disk_template"],
        hypervisor=given["hypervisor"],
        ctime=now,
        mtime=now,
        disks=[new_disk(world, disk) for disk in given["disks"]],
        nics=nics,
        beparams=given["beparams"],
        hvparams=given["hvparams"],
        osparams=given["osparams"],
        tags=sorted(set(given["tags"])),
        network_port=world.new_port() if given["hypervisor"] == "kvm" else None,
    )
    world.keep(instance, now)
    return Outcome(_chosen(world, given, nics), [given["pnode"]])


def _chosen(world: World, given: Given, nics: list[Nic]) -> tuple[str, ...]:
    pairs = zip(given["nics"], nics, strict=True)
    return tuple(
        f" - INFO: Chose IP {nic.ip} from network {world.network(nic.network).name}"
        for wanted, nic in pairs
        if wanted.get("ip") == "pool" and nic.network
    )


def _node(world: World, wanted: str | None, memory: int, disk: int) -> str:
    if not wanted:
        return world.allocate(memory, disk).name
    node = world.node(wanted)
    if not world.fits(node, memory, disk):
        raise OpError(f"Not enough memory or disk on node {node.name} for creating the instance", NO_RESOURCES)
    return node.name


CREATE = Operation(
    hook="instance-add",
    lock=instance_lock,
    check=_check,
    script=_script,
    effects={"add": _add, "boot": boot},
)
