"""What a backend is: the contract between workers and reconcile on one side and a driver on the other.

An adapter is asyncio without Django. Failures fold into ``Transient``, ``Rejected`` and ``Gone`` of ``logic.errors``;
the original stays as ``__cause__``. ``capabilities`` is the key set of the adapter's own dispatch table, so a claim
cannot drift from what is there; what is not in it is refused before anything is written. Adapters are listed in
``registry``; ``tests/`` holds the contract suite that every one passes.
"""

from collections.abc import Mapping, Sequence, Set
from typing import Protocol, runtime_checkable

import msgspec

from logic.messages.commands import Command
from logic.messages.observations import Nic, Observation


class JobRef(msgspec.Struct, frozen=True):
    """The backend's reference of an accepted command (Ganeti: the job id)."""

    job: int


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What reconcile asks about: a server, the version of its row as read before asking, and the jobs of its
    unsettled commands (job id → command id)."""

    server: str
    instance: str
    version: int
    jobs: dict[int, str] = {}


class NetworkTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The same of a network: our row of it on this backend, its name there, and jobs as in :class:`Target`."""

    network: str
    name: str
    version: int
    jobs: dict[int, str] = {}


class VolumeTarget(msgspec.Struct, frozen=True, kw_only=True):
    """The same of a volume; ``instance`` is of the server that it is or was last on, if there is one; ``waits``: that is shelved,
    which the answer says too."""

    volume: str
    instance: str
    version: int
    jobs: dict[int, str] = {}
    waits: bool = False


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster says of itself. Memory and disk in MiB over all its usable nodes, of which there are ``nodes`` (None: not
    told); ``memory_largest`` and ``disk_largest`` are the most that is free on one of them, ``vcpu_ratio`` how many virtual
    cores may share one (0: not told). ``last_job`` is the highest job id seen, ``highest_number`` the highest number among
    instance names of our prefix (0: none). ``features`` are the words of what its API can; ``unfit`` says why it is of no use
    to us, with what to do (empty: it is); ``wipes``: new disks are overwritten before anybody has them (None: not told)."""

    incarnation: str
    version: str = ""
    memory_total: int = 0
    memory_free: int = 0
    disk_total: int = 0
    disk_free: int = 0
    cores: int = 0
    nodes: int | None = None
    memory_largest: int = 0
    disk_largest: int = 0
    vcpu_ratio: float = 0.0
    last_job: int = 0
    highest_number: int = 0
    disk_templates: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    unfit: str = ""
    wipes: bool | None = None


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An instance as it is, for taking it over. Memory and disks in MiB; ``owner`` as in :class:`InstanceSeen`."""

    instance: str
    instance_uuid: str
    owner: str = ""
    status: str = ""
    node: str = ""
    os: str = ""
    memory: int = 0
    vcpus: int = 0
    disks: tuple[int, ...] = ()
    nics: tuple[Nic, ...] = ()
    tags: tuple[str, ...] = ()


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What makes an instance ours: the server's id, and for its interfaces (by the backend's uuid) the ports' ids."""

    server: str
    ports: dict[str, str] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a backend: seconds a call may take, targets that are asked one by one before bulk is cheaper."""

    call_timeout: float = 30.0
    single_targets: int = 5
    nics: int = 8


class Backend(Protocol):
    """A driver for one cluster or one project's cloud."""

    kind: str
    limits: Limits

    @property
    def capabilities(self) -> Set[type[Command]]: ...

    async def submit(self, command: Command) -> JobRef:
        """Ask for a command. When ``command.sending.again`` is set, look for an earlier job of it first. Raises
        ``Transient`` (``unclear`` when it may have arrived), ``Rejected`` or ``Gone``."""

    async def find(self, command: Command) -> JobRef | None:
        """The job an earlier attempt at this command left, archived ones included; None when there is none."""

    async def observe(self, targets: Sequence[Target], *, whole: bool = False) -> Sequence[Observation]:
        """What became of the targets: ``JobChanged`` for their jobs (``status="lost"`` when the backend does not know
        a job), then one ``InstanceSeen`` a target. Jobs are read before instances. With ``whole``, instances that
        were not asked about come too, ours or not, as ``InstanceSeen`` with an empty ``server``; and a target
        whose jobs would each take a question of their own may be left out, so that the number of questions is bounded."""

    async def facts(self) -> Facts:
        """Identity and capacity of the cluster."""

    async def aclose(self) -> None: ...


@runtime_checkable
class Adopting(Protocol):
    """What a backend has beside the contract when instances that it did not make for us can be taken over."""

    async def describe(self, instance: str) -> Described:
        """Raises ``Gone`` when there is none of this name."""

    async def survey(self) -> Sequence[Described]:
        """All that there are, ours or not, by their names."""

    async def mark(self, before: Described, marks: Marks, *, reason: str) -> None:
        """Make it ours, and return when it is; what it has already is left as it is. Raises ``Rejected`` when the
        backend would not, ``Transient`` when it cannot be known in time."""

    async def unmark(self, before: Described, marks: Marks, *, reason: str) -> None:
        """Take back what :meth:`mark` added to what was there before."""


@runtime_checkable
class Networking(Protocol):
    """What a backend has beside the contract when networks of ours are made on it."""

    async def networks(self, targets: Sequence[NetworkTarget]) -> Sequence[Observation]:
        """``JobChanged`` for their jobs as in ``observe``, then one ``NetworkSeen`` a target."""


@runtime_checkable
class Storing(Protocol):
    """What a backend has beside the contract when it has disks of their own, that go from one instance to another."""

    async def volumes(self, targets: Sequence[VolumeTarget]) -> Sequence[Observation]:
        """``JobChanged`` for their jobs as in ``observe``, then one ``VolumeSeen`` a target."""


@runtime_checkable
class Discarding(Protocol):
    """What a backend has beside the contract when an operator can have it remove the disk of a volume that is no more."""

    async def discard(self, volume: str, *, reason: str, dry_run: bool = False) -> None:
        """Its disk and what keeps it, if they are that and nothing else; ``dry_run``: look only. Raises ``Gone``, ``Rejected``,
        ``Transient``."""


@runtime_checkable
class Glancing(Protocol):
    """What a backend has beside the contract when it can say cheaply of all its instances whether they run. A guest that
    dies, or ends by itself, makes no job that would tell."""

    async def glance(self) -> Mapping[str, str]:
        """The backend's uuid of each instance, ours or not, and its condition: ``running``, ``stopped`` or ``crashed``."""


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """Where the screen of an instance is shown now by VNC, and whose it is: ``owner`` as in :class:`InstanceSeen`. ``port`` 0:
    it has no screen that could be reached, and ``reason`` says why."""

    instance_uuid: str
    owner: str
    running: bool
    host: str
    port: int
    reason: str = ""


@runtime_checkable
class Showing(Protocol):
    """What a backend has beside the contract when its instances have screens."""

    async def screen(self, instance: str) -> Screen:
        """As it is this moment: ports are given to other instances when theirs is gone. Raises ``Gone``, ``Transient``."""


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """An instance that has to be a certain server's: ``instance_uuid`` is the backend's own, empty when it is not known."""

    server: str
    instance: str
    instance_uuid: str = ""


@runtime_checkable
class Recalling(Protocol):
    """What a backend has beside the contract when it is kept what its guests say on their serial consoles."""

    async def console_log(self, whose: Whose, lines: int) -> str | None:
        """The last lines of what is kept (-1: all of it), of a guest that has ended too, without what would make a terminal do
        something; None when nothing is kept of it. Raises ``Gone`` when the instance is not that server's, ``Transient`` when
        its node does not answer, ``Rejected``."""
