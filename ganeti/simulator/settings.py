"""What kind of cluster it is: nodes, networks, limits and how fast it works. Given at each start, never stored.

``Pace`` says how long things take, in seconds, near what was measured on a 3.0.2 lab (a start 0.4 s, a create some
seconds with several log lines); ``factor`` scales all of it.
"""

import msgspec

from ganeti.simulator.chance import Chance

_MIB = 1024


class NodeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A machine. Memory and disk in MiB."""

    name: str
    memory: int = 64 * _MIB
    disk: int = 2048 * _MIB
    cpus: int = 16


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network that is there from the start, connected to the only node group."""

    name: str
    network: str
    gateway: str | None = None
    mode: str = "bridged"
    link: str = "br0"
    mac_prefix: str | None = None


# Opcode → how long it works once it has its locks, least and most.
_DURATIONS: dict[str, tuple[float, float]] = {
    "OP_INSTANCE_CREATE": (3.0, 8.0),
    "OP_INSTANCE_REMOVE": (0.4, 0.9),
    "OP_INSTANCE_STARTUP": (0.2, 0.6),
    "OP_INSTANCE_SHUTDOWN": (0.3, 1.2),
    "OP_INSTANCE_REBOOT": (0.5, 2.0),
    "OP_INSTANCE_SET_PARAMS": (0.4, 0.8),
    "OP_INSTANCE_REINSTALL": (1.0, 3.0),
    "OP_INSTANCE_GROW_DISK": (0.3, 0.9),
    "OP_INSTANCE_MIGRATE": (1.0, 3.0),
    "OP_INSTANCE_FAILOVER": (0.9, 2.0),
}
_OTHERS = (0.1, 0.3)
_PROCESS = (0.1, 0.19)
_LOCKS = (0.004, 0.013)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast the cluster works: ``factor`` 1 is a real one, 0 does everything at once."""

    factor: float = 1.0

    def process(self, chance: Chance) -> float:
        """Until a queued job's own process runs."""
        return self.factor * chance.uniform(*_PROCESS)

    def locks(self, chance: Chance) -> float:
        """From having the locks to working."""
        return self.factor * chance.uniform(*_LOCKS)

    def work(self, opcode: str, chance: Chance) -> float:
        return self.factor * chance.uniform(*_DURATIONS.get(opcode, _OTHERS))


FEATURES = ("instance-create-reqv1", "instance-reinstall-reqv1", "node-migrate-reqv1", "node-evac-res1")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """``max_running`` jobs work at once. ``hooks``: there is somebody who runs them. ``user_shutdown``: the cluster tells
    a guest that powered itself off (USER_down) from one that died. ``archive_after`` seconds a finished job leaves the
    list (None: never). An empty ``oses`` accepts any operating system. The first hypervisor and disk template are the
    defaults. ``version`` is the Ganeti it is taken for, ``features`` the words of its remote API."""

    name: str = "cluster.ganeti.local"
    version: str = "3.0.2"
    features: tuple[str, ...] = FEATURES
    nodes: tuple[NodeSpec, ...] = (NodeSpec(name="node1.ganeti.local"),)
    networks: tuple[NetworkSpec, ...] = ()
    hypervisors: tuple[str, ...] = ("kvm", "fake")
    disk_templates: tuple[str, ...] = ("file", "diskless")
    oses: tuple[str, ...] = ()
    mac_prefix: str = "aa:00:00"
    link: str = "br0"
    max_running: int = 20
    hooks: bool = False
    exports: bool = False
    user_shutdown: bool = False
    archive_after: float | None = None
    pace: Pace = Pace()
