"""The cluster's possessions: instances and networks by name, what is used and free, and what has changed since the
last commit.

Opcodes change the world through here, so that nothing is changed without being saved. Jobs are not here: ``scheduling``
has them. ``Changes`` is taken by ``cluster`` once per request.
"""

import uuid
from collections.abc import Iterator
from itertools import count

from ganeti.simulator.chance import Chance
from ganeti.simulator.errors import INVALID, NO_RESOURCES, UNKNOWN, OpError
from ganeti.simulator.faults import Faults
from ganeti.simulator.model import Disk, Fate, Identity, Instance, Network
from ganeti.simulator.passwords import Tells
from ganeti.simulator.settings import NodeSpec, Settings
from ganeti.simulator.store import Changes, Loaded

DEFAULT_BEPARAMS = {
    "minmem": 128,
    "maxmem": 128,
    "vcpus": 1,
    "auto_balance": True,
    "always_failover": False,
    "spindle_use": 1,
}
DEFAULT_HVPARAMS: dict[str, dict[str, object]] = {
    "fake": {"migration_mode": "live"},
    "kvm": {
        "acpi": True,
        "boot_order": "disk",
        "disk_type": "paravirtual",
        "initrd_path": "",
        "kernel_args": "ro",
        "kernel_path": "",
        "migration_mode": "live",
        "nic_type": "paravirtual",
        "root_path": "/dev/vda1",
        "serial_console": True,
        "use_guest_agent": False,
        "user_shutdown": False,
        "vnc_bind_address": "0.0.0.0",  # noqa: S104 - told, not bound
        "vnc_password_file": "",
        "vnc_tls": False,
    },
}
GROUP = "default"
_FIRST_PORT = 11000


class World:
    """What there is. ``identity`` says which cluster; it is replaced when the cluster is made anew."""

    def __init__(self, settings: Settings, identity: Identity, chance: Chance, faults: Faults) -> None:
        self.settings, self.identity, self.chance, self.faults = settings, identity, chance, faults
        self.instances: dict[str, Instance] = {}
        self.networks: dict[str, Network] = {}
        self.changes = Changes(identity=identity)
        self.tells: Tells | None = None
        self.passwords: dict[str, dict[str, str]] = {}  # that agents have set, by instance and user

    def fill(self, loaded: Loaded) -> None:
        """Take over what a store held."""
        self.instances = {one.name: one for one in loaded.instances}
        for one in self.instances.values():
            if one.running and not one.memory:  # as an earlier version kept it
                self._fit(one)
        self.networks = {one.name: one for one in loaded.networks}

    def empty(self, identity: Identity) -> None:
        """A new cluster in the old one's place."""
        self.identity = identity
        self.instances, self.networks = {}, {}
        self.changes = Changes(identity=identity, wiped=True)

    def taken(self) -> Changes:
        """What has changed since the last call."""
        changes, self.changes = self.changes, Changes()
        return changes

    def identified(self) -> Identity:
        """The identity, about to be changed."""
        self.changes.identity = self.identity
        return self.identity

    # Instances

    def instance(self, name: str) -> Instance:
        """Raises :class:`OpError` (``unknown_entity``)."""
        if name not in self.instances:
            raise OpError(f"Instance '{name}' not known", UNKNOWN)
        return self.instances[name]

    def keep(self, instance: Instance, now: float) -> None:
        """Add an instance, or say that it has changed."""
        known = instance.name in self.instances
        instance.serial_no += known
        instance.mtime = now
        self.instances[instance.name] = instance
        self.changes.instances[instance.uuid] = instance

    def drop(self, instance: Instance) -> None:
        """The instance is no more."""
        self.instances.pop(instance.name, None)
        self.changes.instances.pop(instance.uuid, None)
        self.changes.instances_gone.add(instance.uuid)

    def loosen(self, disks: list[Disk]) -> None:
        """These are on no instance from now on, and no others."""
        if disks != self.identity.loose:
            self.identified().loose = disks

    def boot(self, instance: Instance, now: float, *, anew: bool = True) -> None:
        """The guest runs, and may have a fate. ``anew``: with the size that it is to have by now."""
        fault = self.faults.guest(instance.name)
        instance.fate = Fate(fault.kind, now + fault.seconds) if fault else None
        instance.running, instance.halted, instance.paused, instance.admin_state = True, False, False, "up"
        if anew:
            self._fit(instance)
        self.keep(instance, now)

    def _fit(self, instance: Instance) -> None:
        has = self.beparams(instance)
        instance.memory, instance.vcpus = int(has["maxmem"]), int(has["vcpus"])
        instance.agent = bool(self.hvparams(instance).get("use_guest_agent"))

    def halt(self, instance: Instance, now: float, *, admin_state: str = "down") -> None:
        """The guest runs no longer; ``admin_state`` is what is asked of it from now on."""
        instance.running, instance.halted, instance.paused, instance.fate = False, False, False, None
        instance.admin_state = admin_state
        self.keep(instance, now)

    def fall(self, instance: Instance, now: float, *, by_itself: bool) -> None:
        """The guest stops although nobody asked: it crashed, or powered itself off."""
        instance.running, instance.halted, instance.paused, instance.fate = False, by_itself, False, None
        self.keep(instance, now)

    def give_up(self, node: str, now: float) -> None:
        """No more is heard of this node; its guests are taken for dead."""
        identity = self.identified()
        identity.offline = sorted({*identity.offline, node})
        for one in self.instances.values():
            if one.node == node and one.running:
                self.fall(one, now, by_itself=False)

    def beparams(self, instance: Instance) -> dict[str, int | bool]:
        return DEFAULT_BEPARAMS | instance.beparams

    def hvparams(self, instance: Instance) -> dict[str, object]:
        """KVM is told to know guests that power themselves off where the cluster is."""
        given = DEFAULT_HVPARAMS.get(instance.hypervisor, {})
        told = {"user_shutdown": self.settings.user_shutdown} if "user_shutdown" in given else {}
        return given | told | instance.hvparams

    # What is used and free

    def macs(self) -> set[str]:
        return {nic.mac for one in self.instances.values() for nic in one.nics}

    def addresses(self, network: Network) -> Iterator[str]:
        """Addresses of a network that instances have."""
        for one in self.instances.values():
            yield from (nic.ip for nic in one.nics if nic.network == network.uuid and nic.ip)

    def new_port(self) -> int:
        """A VNC port: the lowest that no instance has. A removed instance's port is given again, as Ganeti does."""
        used = {one.network_port for one in self.instances.values()}
        return next(port for port in count(_FIRST_PORT) if port not in used)

    def memory_free(self, node: NodeSpec) -> int:
        """What guests that run there have left."""
        return node.memory - sum(one.memory for one in self.instances.values() if one.running and one.node == node.name)

    def memory_used(self, node: str) -> int:
        return sum(int(self.beparams(one)["maxmem"]) for one in self.instances.values() if one.node == node)

    def disk_used(self, node: str) -> int:
        loose = sum(disk.size for disk in self.identity.loose if disk.node == node)
        return loose + sum(disk.size for one in self.instances.values() if one.node == node for disk in one.disks)

    # Nodes and networks

    def node(self, name: str) -> NodeSpec:
        """Raises :class:`OpError` (``unknown_entity``)."""
        found = next((one for one in self.settings.nodes if one.name == name), None)
        if found is None:
            raise OpError(f"Node '{name}' not known", UNKNOWN)
        return found

    def allocate(self, memory: int, disk: int) -> NodeSpec:
        """The node with the most free memory that has room, as the default allocator would choose."""
        by_room = sorted(self.settings.nodes, key=lambda one: (self.memory_used(one.name) - one.memory, one.name))
        for one in by_room:
            if one.name not in self.identity.offline and self.fits(one, memory, disk):
                return one
        raise OpError(
            "Can't compute nodes using iallocator 'hail': Request failed: Group default (preferred): No valid"
            " allocation solutions, failure reasons: FailMem",
            NO_RESOURCES,
        )

    def relocate(self, instance: Instance) -> NodeSpec:
        """The node that the default allocator would have one go to: that with the most free memory. Raises :class:`OpError`."""
        memory = int(self.beparams(instance)["maxmem"]) if instance.admin_state == "up" else 0
        elsewhere = [one for one in self.settings.nodes if one.name not in {instance.node, *self.identity.offline}]
        room = [one for one in elsewhere if self.memory_free(one) >= memory]
        if room:
            return min(room, key=lambda one: (-self.memory_free(one), one.name))
        why = "Can't compute nodes using iallocator 'hail': Request failed: Can't find any good node: "
        raise OpError(why, NO_RESOURCES)

    def fits(self, node: NodeSpec, memory: int, disk: int) -> bool:
        room = self.memory_used(node.name) + memory <= node.memory
        return room and self.disk_used(node.name) + disk <= node.disk

    def uuid_of(self, name: str) -> str:
        """The UUID of a node or of the group: made from the cluster's, so that it need not be kept."""
        return str(uuid.uuid5(uuid.UUID(self.identity.uuid), name))

    def network(self, wanted: str) -> Network:
        """By name or UUID. Raises :class:`OpError` (``unknown_entity``)."""
        for one in self.networks.values():
            if wanted in {one.name, one.uuid}:
                return one
        raise OpError(f"Network '{wanted}' not found", UNKNOWN)

    def connection(self, network: Network) -> tuple[str, str, str]:
        """Mode, link and VLAN that a network has in the group."""
        for group, mode, link, vlan in network.connected:
            if group == GROUP:
                return mode, link, vlan
        raise OpError(f"Network {network.name} is not connected to node group {GROUP}", INVALID)

    def keep_network(self, network: Network) -> None:
        self.networks[network.name] = network
        self.changes.networks[network.uuid] = network

    def drop_network(self, network: Network) -> None:
        del self.networks[network.name]
        self.changes.networks.pop(network.uuid, None)
        self.changes.networks_gone.add(network.uuid)
