"""What is seen of the world outside: the facts that travel to the ledger.

Frozen, tagged msgspec structs; plain data, no behaviour beyond :meth:`Observation.key`. Made by Ganeti's event daemon
and hook, by workers (answers to a submission) and by reconcile (answers to a question). New fields need defaults, so
that an older dispatcher still reads them; a new kind of observation is a new tag, which an older one quarantines.
Times (``at``) are for people: nothing is ordered by the clocks of two machines.
"""

import hashlib
from typing import Annotated

import msgspec

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # what a column holds; anything else is malformed
Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Observation(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """A fact. ``cluster`` is the backend's name, ``incarnation`` the UUID Ganeti gave the cluster when it was made."""

    cluster: str
    incarnation: str = ""

    def key(self) -> str:
        """The inbox's key: the same fact, told twice or by two speakers, has the same key. Empty: never remembered."""
        return ""


class JobChanged(Observation, frozen=True, tag="job-changed"):
    """An operation of a Ganeti job has reached a status (source: the job file, or ``/2/jobs``).

    ``status`` is one of Ganeti's seven, plus ``lost``: the cluster no longer knows the job (reconcile's finding).
    ``command`` is our command's id, found in the reason trail; ``origin`` the first source named there.
    """

    job: Number
    op: Number
    opcode: str
    status: str
    instance: str
    instance_uuid: str = ""
    command: str = ""
    origin: str = ""
    log_serial: Number = 0
    message: str = ""
    error_code: str = ""
    error: str = ""
    dry_run: bool = False
    start: bool = True
    at: float = 0.0

    def key(self) -> str:
        if self.status == "lost":
            return ""  # an answer of the moment, not a fact that travels
        serial = self.log_serial if self.status == "running" else 0  # not every speaker has the log of an ended job
        told = f"{self.cluster}/{self.incarnation}/{self.job}/{self.op}/{self.status}/{serial}"
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


class Accepted(Observation, frozen=True, tag="accepted"):
    """The backend has taken a command: ``job`` is its reference (Ganeti: the job id). Made by the worker that asked."""

    command: str
    epoch: Number
    job: Number


class Refused(Observation, frozen=True, tag="refused"):
    """The backend will not do a command, or it can no longer be known whether it did; ``code`` says which."""

    command: str
    epoch: Number
    code: str
    reason: str


class Postponed(Observation, frozen=True, tag="postponed"):
    """A command was not taken now; it may be sent again after ``delay`` seconds. ``unclear``: it may have arrived."""

    command: str
    epoch: Number
    delay: float
    reason: str
    unclear: bool = False


class Nic(msgspec.Struct, frozen=True, kw_only=True):
    """A network interface as the backend has it. ``name`` is ours: ``<prefix>nic-<port uuid>``. ``vlan`` in Ganeti's words,
    told by hooks alone: ``.10`` an access port's, ``:10:20`` those of a trunk."""

    name: str = ""
    mac: str = ""
    ip: str = ""
    uuid: str = ""
    network: str = ""
    link: str = ""
    mode: str = ""
    vlan: str = ""


class InstanceSeen(Observation, frozen=True, tag="instance-seen"):
    """What a backend says of an instance when asked.

    ``version`` is the row's version read *before* asking: the ledger drops the answer when the row has moved since.
    ``status`` is one of ``running paused stopped crashed`` (empty when it does not exist, or when nobody can say); ``owner`` the
    server uuid in the instance's tag. When it is down and nobody asked, ``why`` is ``shutdown`` (the guest ended by itself),
    ``crash`` (it died), ``guest`` (one of these), ``node`` (its node does not answer, or was given up); ``busy``: a job has it
    down, and it will be as that job leaves it; ``vague``: it runs or is paused, and its node did not say which.
    """

    server: str
    version: int
    exists: bool
    instance: str = ""
    instance_uuid: str = ""
    owner: str = ""
    status: str = ""
    why: str = ""
    busy: bool = False
    vague: bool = False
    node: str = ""
    nics: tuple[Nic, ...] = ()


class NetworkSeen(Observation, frozen=True, tag="network-seen"):
    """What a backend says of a network when asked. ``network`` is our row of it there, ``version`` as in
    :class:`InstanceSeen`; ``connected``: every part of the backend reaches it."""

    network: str
    version: int
    connected: bool


class VolumeSeen(Observation, frozen=True, tag="volume-seen"):
    """Where a backend says that a volume's disk is, when asked. ``version`` as in :class:`InstanceSeen`; ``place`` is
    ``attached`` (on the instance of its server), ``held`` (kept by itself), ``adrift`` (between the two, where an order that
    failed has left it), ``elsewhere`` (on another ``instance``) or ``nowhere``. ``waits``: its server is shelved, as the row had
    it when that was asked."""

    volume: str
    version: int
    place: str
    instance: str = ""
    waits: bool = False


class NicSeen(Observation, frozen=True, tag="nic-seen"):
    """What a hook saw of an instance's interfaces. It only nudges a look and enriches the journal."""

    instance: str
    path: str
    phase: str
    nics: tuple[Nic, ...] = ()
    at: float = 0.0
    serial: str = ""

    def key(self) -> str:
        told = f"{self.cluster}/nic/{self.instance}/{self.path}/{self.phase}/{self.serial or self.at}"
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


class BuildProgress(Observation, frozen=True, tag="build-progress"):
    """How much of an instance's image is on its disk, in percent, as its OS provider told on the node. It changes no state."""

    instance: str
    percent: Percent
    at: float = 0.0
    serial: str = ""

    def key(self) -> str:
        told = f"{self.cluster}/progress/{self.instance}/{self.percent}/{self.serial or self.at}"
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


AnyObservation = (
    JobChanged | Accepted | Refused | Postponed | InstanceSeen | NetworkSeen | VolumeSeen | NicSeen | BuildProgress
)
