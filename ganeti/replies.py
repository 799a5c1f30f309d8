"""What RAPI answers, typed: the cluster, its nodes, its instances. Jobs are in ``jobfile``.

Only the fields we use; Ganeti sends many more and may add some. ``null`` is an ordinary value in its answers (a node
that does not respond has no memory, an interface no name).
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Annotated, Any

import msgspec

from ganeti.vocabulary import SILENT, UNASKED, instance_status, server_of
from logic.messages.observations import Nic

Strings = tuple[str | None, ...]


class Info(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /2/info``. ``uuid`` is new whenever a cluster is initialised: our *incarnation*. ``enabled_user_shutdown``: it
    tells guests that end by themselves from those that die, of the hypervisors that can. ``prealloc_wipe_disks``: a new disk is
    overwritten before anybody has it."""

    uuid: str
    name: str = ""
    software_version: str = ""
    enabled_disk_templates: tuple[str, ...] | None = None
    enabled_user_shutdown: bool | None = None
    prealloc_wipe_disks: bool | None = None
    ipolicy: dict[str, Any] | None = None
    nicparams: dict[str, dict[str, Any]] | None = None

    def link(self, mode: str) -> str:
        """Where interfaces of this mode go unasked; empty when the cluster does not say."""
        told = (self.nicparams or {}).get("default") or {}
        return str(told.get("link") or "") if told.get("mode") == mode else ""

    @property
    def vcpu_ratio(self) -> float:
        """How many virtual cores may share one by the cluster's policy; 0: it does not say."""
        told = (self.ipolicy or {}).get("vcpu-ratio")
        return float(told) if isinstance(told, int | float) and told > 0 else 0.0


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One of ``GET /2/nodes?bulk=1``. Memory and disk in MiB."""

    name: str
    offline: bool = False
    drained: bool = False
    vm_capable: bool = True
    mtotal: int | None = None
    mfree: int | None = None
    dtotal: int | None = None
    dfree: int | None = None
    ctotal: int | None = None

    @property
    def usable(self) -> bool:
        return self.vm_capable and not self.offline and not self.drained


class Hypervisor(msgspec.Struct, frozen=True, kw_only=True):
    """Of an instance's parameters those that we read; which there are depends on its hypervisor."""

    user_shutdown: bool | None = None
    use_guest_agent: bool | None = None
    vnc_bind_address: str | None = None
    vnc_tls: bool | None = None


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /2/instances/<name>``, and one of ``?bulk=1``. Interfaces come as parallel lists."""

    name: str
    uuid: str = ""
    status: str = ""
    admin_state: str = ""
    hvparams: Hypervisor | None = None
    pnode: str | None = None
    tags: tuple[str, ...] = ()
    network_port: int | None = None
    nic_names: Strings = msgspec.field(name="nic.names", default=())
    nic_macs: Strings = msgspec.field(name="nic.macs", default=())
    nic_ips: Strings = msgspec.field(name="nic.ips", default=())
    nic_uuids: Strings = msgspec.field(name="nic.uuids", default=())
    nic_networks: Strings = msgspec.field(name="nic.networks.names", default=())
    nic_links: Strings = msgspec.field(name="nic.links", default=())
    nic_modes: Strings = msgspec.field(name="nic.modes", default=())

    @property
    def nics(self) -> tuple[Nic, ...]:
        """The interfaces in Ganeti's order."""
        columns = (
            self.nic_names, self.nic_macs, self.nic_ips, self.nic_uuids,
            self.nic_networks, self.nic_links, self.nic_modes,
        )  # fmt: skip
        return tuple(
            Nic(name=name, mac=mac, ip=ip, uuid=uuid, network=network, link=link, mode=mode)
            for name, mac, ip, uuid, network, link, mode in (
                [value or "" for value in row] for row in zip_longest(*columns)
            )
        )

    @property
    def owner(self) -> str:
        """The uuid of the server this instance is, by its tag; empty when it is not ours."""
        return server_of(self.tags)

    @property
    def condition(self) -> str:
        """``running``, ``stopped`` or ``crashed``."""
        return instance_status(self.status)

    @property
    def is_silent(self) -> bool:
        """Nobody can say how it is now."""
        return self.status in SILENT

    @property
    def is_suspect(self) -> bool:
        """Down, and nobody asked for that. One that ended by itself and was then put away by Ganeti's watcher keeps the
        word, but is asked to be down."""
        return self.status in UNASKED and self.admin_state != "down"

    @property
    def shutdown_tells(self) -> bool:
        """Whether its hypervisor knows a guest that ended by itself from one that died. KVM has to be told to."""
        return self.hvparams is None or self.hvparams.user_shutdown is not False


class Measured(Instance, frozen=True, kw_only=True):
    """``GET /2/instances/<name>`` with how large it is. Disks in MiB."""

    os: str | None = None
    disk_sizes: tuple[int | None, ...] = msgspec.field(name="disk.sizes", default=())
    beparams: dict[str, Any] = {}

    @property
    def memory(self) -> int:
        """MiB. Ganeti below 2.6 has one figure, later ones a least and a most."""
        return int(self.beparams.get("maxmem") or self.beparams.get("memory") or 0)

    @property
    def vcpus(self) -> int:
        return int(self.beparams.get("vcpus") or 0)

    @property
    def disks(self) -> tuple[int, ...]:
        return tuple(size or 0 for size in self.disk_sizes)


class Tuned(Instance, frozen=True, kw_only=True):
    """``GET /2/instances/<name>`` with the parameters of its hypervisor that are its own."""

    custom_hvparams: dict[str, Any] = {}


class Housed(Instance, frozen=True, kw_only=True):
    """``GET /2/instances/<name>`` with its disks, and what another instance beside it would be made like."""

    os: str | None = None
    snodes: tuple[str, ...] = ()
    disk_template: str = ""
    disk_names: tuple[str | None, ...] = msgspec.field(name="disk.names", default=())

    @property
    def nodes(self) -> tuple[str, ...]:
        """Where its disks are, if they are on nodes: the primary first, and the secondary of those that are mirrored."""
        return (self.pnode or "", *self.snodes)

    @property
    def is_down(self) -> bool:
        """It does not run, and nobody wants it to."""
        return self.status in {"ADMIN_down", "ADMIN_offline"}


class Fed(Instance, frozen=True, kw_only=True):
    """``GET /2/instances/<name>`` with the memory that its guest has now, in MiB; None when it does not run."""

    oper_ram: int | None = None


class Shown(Instance, frozen=True, kw_only=True):
    """``GET /2/instances/<name>`` with where its screen is. Never ``…/console``, which tells the address that it is
    bound to, such as 0.0.0.0, or of its serial console alone."""

    @property
    def bound(self) -> str:
        """The address on its node at which VNC listens; a path: a socket there; empty: it does not."""
        return (self.hvparams and self.hvparams.vnc_bind_address) or ""

    @property
    def encrypted(self) -> bool:
        """Only for viewers that speak VNC's own TLS."""
        return bool(self.hvparams and self.hvparams.vnc_tls)


Cell = tuple[int, Any]


class Queried(msgspec.Struct, frozen=True):
    """``GET /2/query/<kind>?fields=…``: a row each, in which each field is a pair of how it is and its value."""

    data: tuple[tuple[Cell, ...], ...]

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Those of which everything is known (0)."""
        return (tuple(value for _, value in row) for row in self.data if not any(how for how, _ in row))


class Work(msgspec.Struct, frozen=True):
    """A job's status, and the names of what its operations are about."""

    status: str
    about: frozenset[str]


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /2/networks/<name>``, and one of ``?bulk=1``. ``group_list`` has ``[group, mode, link, …]`` of each node group
    that it is connected to."""

    name: str
    uuid: str = ""
    tags: tuple[str, ...] = ()
    group_list: tuple[tuple[str, ...], ...] | None = None

    @property
    def groups(self) -> frozenset[str]:
        """Names of the node groups that it is connected to."""
        return frozenset(one[0] for one in self.group_list or () if one)


# A job's id: a bare number, in older answers as a string.
Number = Annotated[int, msgspec.Meta(ge=0)] | Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}$")]


class Listed(msgspec.Struct, frozen=True):
    """An entry of a list without ``bulk``: its name, and where to read more."""

    id: str


class Named(msgspec.Struct, frozen=True):
    """The same where the list has names and no ids: groups and networks."""

    name: str


class ListedJob(msgspec.Struct, frozen=True):
    """An entry of ``GET /2/jobs``."""

    id: Number
