"""What we ask a backend to do: plain data, stored as a row, handed to an adapter.

A command is made by ``logic.compute.commands`` and its siblings, kept by the ledger, claimed by a worker and given to
``Backend.submit``. Its ``id`` travels to the backend (Ganeti: the job's reason trail), which is how an unclear reply is
found again. ``idempotency`` says how a repeat behaves: *natural* (may be sent twice), *named* (found again by our uuid),
*once* (never sent twice: an unclear reply is settled by looking).
"""

from typing import ClassVar, Literal

import msgspec

Idempotency = Literal["natural", "named", "once"]


class NicSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An interface to make: our port's uuid, the MAC and address we gave it, and the network on the backend."""

    port: str
    mac: str
    ip: str = ""
    network: str = ""
    mode: str = "bridged"
    link: str = ""


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network to make on the backend: its name there, the range of each kind of address (Ganeti has to have one of IPv4),
    how interfaces join it, and the tags by which nodes know what it is. Empty is none."""

    name: str
    cidr: str
    gateway: str = ""
    cidr6: str = ""
    gateway6: str = ""
    mac_prefix: str = ""
    mode: str = "bridged"
    link: str = ""
    tags: tuple[str, ...] = ()


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What the claim adds to a command when a worker takes it.

    ``epoch`` fences the worker; ``again`` is true when an earlier attempt may have reached the backend, and ``since``
    the highest job id known before the first attempt (jobs at or below it are not ours); ``after`` are jobs of earlier
    commands of the same resource, to cancel and wait for; ``only_look`` when the command has been superseded: find out
    what became of it, send nothing.
    """

    epoch: int = 0
    again: bool = False
    since: int = 0
    after: tuple[int, ...] = ()
    only_look: bool = False


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """``resource`` is the uuid of the server, port or network on the cluster; ``instance`` the backend's name of the
    machine, empty where there is none."""

    idempotency: ClassVar[Idempotency] = "natural"

    id: str
    resource: str
    instance: str
    sending: Sending = Sending()


class CreateServer(Command, frozen=True, tag="server.create"):
    """Make and start an instance. ``memory``, ``disks``, ``ephemeral`` and ``swap`` in MiB. Tagged with the server's uuid.
    ``tried`` are the names of backends that had no room for it. ``agent``: its guest has QEMU's agent, which needs a way in."""

    idempotency = "named"

    memory: int
    vcpus: int
    disks: tuple[int, ...]
    nics: tuple[NicSpec, ...]
    os: str
    disk_template: str = ""
    hypervisor: str = ""
    os_params: dict[str, str] = {}
    tried: tuple[str, ...] = ()
    ephemeral: int = 0
    swap: int = 0
    agent: bool = False


class VolumeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A volume to make a server with: its id, and its size in MiB. ``fresh``: it has no disk yet, and what that begins with is
    what the OS definition is told by ``os_params`` (none: nothing)."""

    id: str
    size: int
    fresh: bool = False
    os_params: dict[str, str] = {}


class CreateServerHaving(CreateServer, frozen=True, kw_only=True, tag="server.create-having"):
    """The same with the disks of volumes on it, before it is started for the first time. ``root``: the first of them is what it
    boots from, and ``disks`` is empty. It has a tag of its own, so that a version that knows of no volumes here leaves it to one
    that does."""

    volumes: tuple[VolumeSpec, ...]
    root: bool = False


class StartServer(Command, frozen=True, tag="server.start"):
    """Boot a stopped instance."""


class StopServer(Command, frozen=True, tag="server.stop"):
    """Shut an instance down; ``timeout`` seconds until it is killed."""

    timeout: int = 120


class RebootServer(Command, frozen=True, tag="server.reboot"):
    """Restart a running instance; ``hard`` resets it without asking the guest."""

    idempotency = "once"

    hard: bool = False


class RebuildServer(Command, frozen=True, tag="server.rebuild"):
    """Make the first disk of an instance anew; all else of it stays. ``os_params`` that are empty take back what was told before.
    Stopped for it if it runs; afterwards it runs if it is to ``start``."""

    os: str
    os_params: dict[str, str] = {}
    start: bool = True


class ResizeServer(Command, frozen=True, tag="server.resize"):
    """Give an instance another size. ``memory`` and ``disk`` in MiB; ``disk`` is what its first shall have afterwards, 0 leaves
    it, and none is made smaller. ``restart``: it runs, and is restarted hard, so that it has what it was given; otherwise it is
    down and stays so. What fails leaves it running as it is."""

    memory: int
    vcpus: int
    disk: int
    restart: bool


class PauseServer(Command, frozen=True, tag="server.pause"):
    """Have the guest of a running instance stand still where it is, with its memory; or (``paused`` false) go on. One that is so
    already stays so."""

    paused: bool


class SetPassword(Command, frozen=True, tag="server.password"):
    """Have QEMU's agent in the guest of a running instance set a user's password. ``password`` is encrypted
    (``logic.secretkeys``), and not here any more once its node has been told it."""

    user: str
    password: str


class RescueServer(Command, frozen=True, tag="server.rescue"):
    """Restart an instance hard, from the optical disk that ``image`` is the path of on every node; empty: from its own disk
    again. What fails before the restart leaves it running as it is."""

    image: str


class CaptureServer(Command, frozen=True, tag="server.capture"):
    """Have the content of an instance's disks told to the API, which knows what it wants of it. A guest that has to be stopped
    for it has ``timeout`` seconds until it is killed, and runs again afterwards. Never sent twice: the second would be nobody's
    affair, and the cluster would keep what is told."""

    idempotency = "once"

    timeout: int = 120


class MoveServer(Command, frozen=True, tag="server.move"):
    """Have an instance run on another node of its backend: ``live``, while it runs; otherwise its guest is shut down
    (``timeout`` seconds) and started there, and one that is down stays so. ``lost``: only if its node was given up; then it may
    be left down that was up (``start``). Sent twice after all, it runs on a third node, or where it was: that harms nobody."""

    live: bool = False
    lost: bool = False
    start: bool = True
    timeout: int = 120


class DeleteServer(Command, frozen=True, tag="server.delete"):
    """Remove an instance and its disks. ``force`` does not wait for the guest."""

    force: bool = False


class DeleteServerKeeping(DeleteServer, frozen=True, tag="server.delete-keeping"):
    """The same of an instance that disks of volumes may be on (``volumes``, their ids), which are taken off it first. It has a
    tag of its own, so that a version that knows no volumes leaves it to one that does. ``hypervisor`` as in
    :class:`DetachVolume`."""

    volumes: tuple[str, ...] = ()
    hypervisor: str = ""


class DeleteServerAwaiting(DeleteServerKeeping, frozen=True, kw_only=True, tag="server.delete-awaiting"):
    """The same while some of these volumes are just being moved: it is sent when the commands ``awaits`` (their ids) are settled
    (``logic.ledger.claiming``), since where the disks are is known then, and nobody moves them any more. It has a tag of its own,
    so that a version that would not wait leaves it to one that does."""

    awaits: tuple[str, ...]


class PlugPort(Command, frozen=True, tag="port.plug"):
    """Add an interface to an instance."""

    idempotency = "named"

    nic: NicSpec


class UnplugPort(Command, frozen=True, tag="port.unplug"):
    """Remove an interface, addressed by its name (our port's uuid), never by index."""


class AttachVolume(Command, frozen=True, tag="volume.attach"):
    """Have a volume's disk on an instance. ``size`` in MiB; ``fresh``: it has none yet, and one is made there."""

    idempotency = "named"

    size: int
    fresh: bool = False


class AttachFilledVolume(AttachVolume, frozen=True, kw_only=True, tag="volume.attach-filled"):
    """The same of a volume that has no disk yet and begins with content, which the OS definition ``os`` writes as it does for a
    server. It has a tag of its own, so that a version that would make an empty disk leaves it to one that does not.
    ``hypervisor`` as in :class:`DetachVolume`."""

    os: str
    os_params: dict[str, str] = {}
    hypervisor: str = ""


class DetachVolume(Command, frozen=True, tag="volume.detach"):
    """Take a volume's disk off an instance and keep it. ``hypervisor`` is of what keeps it, which never runs."""

    hypervisor: str = ""


class ExtendVolume(Command, frozen=True, tag="volume.extend"):
    """Make a volume's disk as large as ``size`` MiB, wherever it is; one that is as large stays so. ``instance`` is of the server
    that has it, or had it last; a guest that runs sees it when it is next stopped and started."""

    size: int


class CaptureVolume(Command, frozen=True, tag="volume.capture"):
    """Have the content of a volume's disk told to the API, as :class:`CaptureServer`. ``instance`` is of the server that has it,
    empty where none does."""

    idempotency = "once"

    timeout: int = 120


class DeleteVolume(Command, frozen=True, tag="volume.delete"):
    """Delete a volume's disk, which is on no server. ``instance`` is of the last one that it was on."""


class ClearVolume(Command, frozen=True, tag="volume.clear"):
    """Give up a volume's disk, which is on no server: the volume is to begin with other content. ``instance`` is of the last one
    that it was on. It has a tag of its own, so that a version that knows of no other content leaves it to one that does."""


class ConnectNetwork(Command, frozen=True, tag="network.connect"):
    """Make a network on the backend, if it is not there, and let every part of the backend reach it."""

    idempotency = "named"

    network: NetworkSpec


class DisconnectNetwork(Command, frozen=True, tag="network.disconnect"):
    """Remove a network, by its name there, from the backend."""

    name: str


AnyCommand = (
    CreateServer
    | StartServer
    | StopServer
    | RebootServer
    | RebuildServer
    | ResizeServer
    | RescueServer
    | PauseServer
    | SetPassword
    | CaptureServer
    | MoveServer
    | DeleteServer
    | PlugPort
    | UnplugPort
    | ConnectNetwork
    | DisconnectNetwork
    | DeleteServerKeeping
    | DeleteServerAwaiting
    | CreateServerHaving
    | AttachVolume
    | AttachFilledVolume
    | DetachVolume
    | ExtendVolume
    | DeleteVolume
    | CaptureVolume
    | ClearVolume
)
