"""What a cluster consists of: plain, mutable records that the store keeps and the views show.

No behaviour beyond what follows from the fields. Times are seconds since 1970; memory and disk are MiB. A ``Stamp`` is
Ganeti's own ``[seconds, microseconds]``.
"""

from typing import Any

import msgspec

Stamp = list[int]


class Nic(msgspec.Struct, kw_only=True):
    """An interface. ``network`` is a network's UUID; ``chosen`` the parameters that are its own, not the cluster's."""

    uuid: str
    mac: str
    name: str | None = None
    ip: str | None = None
    network: str | None = None
    mode: str = "bridged"
    link: str = ""
    vlan: str = ""
    chosen: dict[str, str] = {}


class Disk(msgspec.Struct, kw_only=True):
    """``node`` and ``template`` say where and as what it is kept while no instance has it."""

    uuid: str
    size: int
    name: str | None = None
    mode: str = "rw"
    node: str = ""
    template: str = ""


class Fate(msgspec.Struct, frozen=True):
    """What a guest will do of itself, and when: ``crash`` or ``power_off``."""

    kind: str
    at: float


class Instance(msgspec.Struct, kw_only=True):
    """``admin_state`` is what was asked (``up``, ``down``), ``running`` what is; ``halted`` that the guest stopped itself,
    ``paused`` that it stands still.
    ``beparams`` and ``hvparams`` hold only what differs from the cluster's defaults; ``memory`` and ``vcpus`` are what its
    guest was started with, and so is ``agent``, the way in for QEMU's."""

    name: str
    uuid: str
    node: str
    os: str
    disk_template: str
    hypervisor: str
    ctime: float
    mtime: float
    admin_state: str = "down"
    running: bool = False
    halted: bool = False
    paused: bool = False
    agent: bool = False
    memory: int = 0
    vcpus: int = 0
    disks: list[Disk] = []
    nics: list[Nic] = []
    beparams: dict[str, Any] = {}
    hvparams: dict[str, Any] = {}
    osparams: dict[str, Any] = {}
    tags: list[str] = []
    network_port: int | None = None
    serial_no: int = 1
    fate: Fate | None = None


class Network(msgspec.Struct, kw_only=True):
    """An address pool. ``connected`` holds ``[group, mode, link, vlan]``; ``reserved`` addresses nobody may have."""

    name: str
    uuid: str
    network: str
    ctime: float
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    tags: list[str] = []
    reserved: list[str] = []
    connected: list[list[str]] = []
    serial_no: int = 1


class Op(msgspec.Struct, kw_only=True):
    """One opcode of a job, with the field names of the job file."""

    input: dict[str, Any]
    status: str = "queued"
    result: Any = None
    log: list[list[Any]] = []
    start_timestamp: Stamp | None = None
    exec_timestamp: Stamp | None = None
    end_timestamp: Stamp | None = None
    priority: int = 0


class Step(msgspec.Struct, frozen=True):
    """What a running opcode does at a moment: says a line, changes the world, or both. ``fails`` ends it instead; ``asks`` as in
    ``operation.Line``."""

    at: float
    message: str = ""
    effect: str = ""
    fails: str = ""
    asks: bool = False


class Job(msgspec.Struct, kw_only=True):
    """A job and how far the simulator is with it.

    ``phase`` is one of ``queued starting waiting checking running asking hooks done``; ``due`` when it goes on by itself
    (None: it waits for another job, a lock, what is done outside or the hooks); ``index`` the opcode at work; ``steps`` what that
    still has to do; ``before`` the hook environment from before it.
    """

    id: int
    ops: list[Op]
    received: float
    started: float | None = None
    ended: float | None = None
    livelock: str | None = None
    process_id: int | None = None
    phase: str = "queued"
    due: float | None = None
    index: int = 0
    steps: list[Step] = []
    before: dict[str, str] = {}

    @property
    def op(self) -> Op:
        return self.ops[self.index]


class Identity(msgspec.Struct, kw_only=True):
    """The cluster itself. ``serial`` is the last job id, ``starts`` how often it came up; ``loose`` are disks that were detached
    from one instance and attached to no other, ``offline`` the nodes that were given up."""

    uuid: str
    name: str
    ctime: float
    mtime: float
    serial: int = 0
    starts: int = 0
    tags: list[str] = []
    loose: list[Disk] = []
    offline: list[str] = []
