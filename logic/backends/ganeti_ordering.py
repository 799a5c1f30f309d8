"""Commands → orders of RAPI: which call, with which words, carries out which command on a cluster.

Called by ``ganeti``, the adapter, through ``logic.offload``: everything here blocks. The order of a command carries its id in
the job's reason trail. What takes more than one call has a module of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ganeti import versions, vocabulary
from ganeti.rapi import RapiClient
from logic import secretkeys
from logic.backends import ganeti_capturing as capturing
from logic.backends import ganeti_clearing as clearing
from logic.backends import ganeti_equipping as equipping
from logic.backends import ganeti_filling as filling
from logic.backends import ganeti_moving as moving
from logic.backends import ganeti_networking as networking
from logic.backends import ganeti_passwords as passwords
from logic.backends import ganeti_pausing as pausing
from logic.backends import ganeti_reinstalling as reinstalling
from logic.backends import ganeti_rescuing as rescuing
from logic.backends import ganeti_resizing as resizing
from logic.backends import ganeti_volumes as disks
from logic.backends import os_parameters
from logic.errors import Rejected
from logic.messages.commands import (
    AttachFilledVolume,
    AttachVolume,
    CaptureServer,
    CaptureVolume,
    ClearVolume,
    Command,
    ConnectNetwork,
    CreateServer,
    CreateServerHaving,
    DeleteServer,
    DeleteServerAwaiting,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
    DisconnectNetwork,
    ExtendVolume,
    MoveServer,
    NicSpec,
    PauseServer,
    PlugPort,
    RebootServer,
    RebuildServer,
    RescueServer,
    ResizeServer,
    SetPassword,
    StartServer,
    StopServer,
    UnplugPort,
)

CONFIG_DISK = 4  # MiB: an extent of LVM, and several times what metadata takes


class Orders:
    """Of one cluster. ``prefix`` is the installation's ``BACKEND_PREFIX_ID``; ``version`` what the cluster calls itself, asked
    when it is not known."""

    def __init__(self, client: RapiClient, prefix: str) -> None:
        self._client, self._prefix = client, prefix
        self._waiting = networking.Waiting()
        self.version = ""

    def give(self, command: Command, depends: tuple[int, ...]) -> int:
        """The job. ``depends`` are those that have to be over first."""
        return ORDERS[type(command)](self, command, depends)

    def _await_networks(self, command: Command, nics: Sequence[NicSpec]) -> None:
        names = [nic.network for nic in nics if vocabulary.is_network(self._prefix, nic.network)]
        self._waiting.await_there(self._client, command, names)

    def _create(self, command: CreateServer, depends: tuple[int, ...]) -> int:
        self._await_networks(command, command.nics)
        return self._client.create_instance(self._spec(command), **_told(command, depends))

    def _create_having(self, command: CreateServerHaving, depends: tuple[int, ...]) -> int:
        self._await_networks(command, command.nics)
        return equipping.make(self._desk(command, depends), command, self._spec(command))

    def _spec(self, command: CreateServer) -> dict[str, Any]:
        """Of the instance, for Ganeti."""
        has_disks = command.disks or isinstance(command, CreateServerHaving)
        told = os_parameters.told(command.os, command.os_params)
        spec: dict[str, Any] = {
            "instance_name": command.instance,
            "disk_template": command.disk_template or ("" if has_disks else "diskless"),
            "disks": self._disks(command),
            "nics": [self._nic(nic) for nic in command.nics],
            "beparams": vocabulary.size_of(command.memory, command.vcpus),
            "os_type": command.os,
            "osparams": told.public,
            "osparams_secret": _readable(told.secret),
            "hypervisor": command.hypervisor,
            "tags": [vocabulary.server_tag(command.resource)],
            "start": True,
            "wait_for_sync": False,
            "name_check": False,
            "ip_check": False,
            "conflicts_check": False,
        }
        if command.agent and command.hypervisor in {"", "kvm"}:
            spec["hvparams"] = passwords.WAY_IN
        left_to_the_cluster = {"disk_template", "hypervisor", "osparams", "osparams_secret"}
        spec = {name: value for name, value in spec.items() if value or name not in left_to_the_cluster}
        return spec | self._place()

    def _disks(self, command: CreateServer) -> list[dict[str, Any]]:
        """The server's own, behind them the one on which its OS provider leaves metadata (docs/decisions/0020), and those for
        what goes with the server."""
        disks: list[dict[str, Any]] = [{"size": size} for size in command.disks]
        with_volumes = isinstance(command, CreateServerHaving)
        if (disks or with_volumes) and os_parameters.provider_of(command.os).config_disk:
            disks.append({"size": CONFIG_DISK, "name": vocabulary.config_disk_name(self._prefix, command.resource)})
        if command.ephemeral:
            name = vocabulary.ephemeral_disk_name(self._prefix, command.resource)
            disks.append({"size": command.ephemeral, "name": name})
        if command.swap:
            disks.append({"size": command.swap, "name": vocabulary.swap_disk_name(self._prefix, command.resource)})
        return disks

    def _place(self) -> dict[str, str]:
        """Where to make an instance: the cluster's allocator decides. A single node has to be named, because the
        allocator refuses to fill one whose failure no other could bear (observed on 3.0.2: ``FailN1``)."""
        nodes = self._client.node_names()
        return {"pnode": nodes[0]} if len(nodes) == 1 else {}

    def _start(self, command: StartServer, depends: tuple[int, ...]) -> int:
        return self._client.startup(command.instance, **_told(command, depends))

    def _stop(self, command: StopServer, depends: tuple[int, ...]) -> int:
        return self._client.shutdown(command.instance, timeout=command.timeout, **_told(command, depends))

    def _reboot(self, command: RebootServer, depends: tuple[int, ...]) -> int:
        patience = 0 if command.hard else None
        told = _told(command, depends)
        return self._client.reboot(command.instance, hard=command.hard, shutdown_timeout=patience, **told)

    def _rebuild(self, command: RebuildServer, depends: tuple[int, ...]) -> int:
        return reinstalling.order(self._client, command, depends)

    def _resize(self, command: ResizeServer, depends: tuple[int, ...]) -> int:
        return resizing.order(self._client, command, depends)

    def _rescue(self, command: RescueServer, depends: tuple[int, ...]) -> int:
        return rescuing.order(self._client, command, depends)

    def _pause(self, command: PauseServer, depends: tuple[int, ...]) -> int:
        return pausing.order(self._client, command, depends)

    def _set_password(self, command: SetPassword, depends: tuple[int, ...]) -> int:
        return passwords.order(self._client, command, depends)

    def _capture(self, command: CaptureServer, depends: tuple[int, ...]) -> int:
        return capturing.order(self._client, command, depends)

    def _move(self, command: MoveServer, depends: tuple[int, ...]) -> int:
        return moving.order(self._client, command, depends)

    def _delete(self, command: DeleteServer, depends: tuple[int, ...]) -> int:
        patience = 0 if command.force else None
        return self._client.remove(command.instance, shutdown_timeout=patience, **_told(command, depends))

    def _plug(self, command: PlugPort, depends: tuple[int, ...]) -> int:
        self._await_networks(command, [command.nic])
        return self._modify(command, ("add", -1, self._nic(command.nic)), depends)

    def _unplug(self, command: UnplugPort, depends: tuple[int, ...]) -> int:
        name = vocabulary.nic_name(self._prefix, command.resource)
        return self._modify(command, ("remove", name, {}), depends)

    def _connect(self, command: ConnectNetwork, depends: tuple[int, ...]) -> int:
        return networking.connect(self._client, command, depends)

    def _disconnect(self, command: DisconnectNetwork, depends: tuple[int, ...]) -> int:
        return networking.disconnect(self._client, command, depends)

    def _attach_volume(self, command: AttachVolume, depends: tuple[int, ...]) -> int:
        return disks.attach(self._desk(command, depends), command)

    def _attach_filled(self, command: AttachFilledVolume, depends: tuple[int, ...]) -> int:
        return filling.attach(self._desk(command, depends), command)

    def _detach_volume(self, command: DetachVolume, depends: tuple[int, ...]) -> int:
        return disks.detach(self._desk(command, depends), command)

    def _extend_volume(self, command: ExtendVolume, depends: tuple[int, ...]) -> int:
        return disks.extend(self._desk(command, depends), command)

    def _capture_volume(self, command: CaptureVolume, depends: tuple[int, ...]) -> int:
        return disks.capture(self._desk(command, depends), command)

    def _delete_volume(self, command: DeleteVolume, depends: tuple[int, ...]) -> int:
        return disks.delete(self._desk(command, depends), command)

    def _clear_volume(self, command: ClearVolume, depends: tuple[int, ...]) -> int:
        return clearing.clear(self._desk(command, depends), command)

    def _delete_keeping(self, command: DeleteServerKeeping, depends: tuple[int, ...]) -> int:
        return disks.remove_server(self._desk(command, depends), command)

    def _desk(self, command: Command, depends: tuple[int, ...]) -> disks.Desk:
        hotplug = versions.hotplug(self._known_version())
        return disks.Desk(self._client, self._prefix, hotplug, command, depends)

    def _modify(self, command: Command, change: tuple[str, str | int, dict[str, str]], depends: tuple[int, ...]) -> int:
        """In the words of its version. One that refuses them may have become another meanwhile."""
        before = self._known_version()
        try:
            return self._modified(command, change, depends)
        except Rejected:
            self.version = ""
            if self._known_version() == before:
                raise
            return self._modified(command, change, depends)

    def _modified(
        self, command: Command, change: tuple[str, str | int, dict[str, str]], depends: tuple[int, ...]
    ) -> int:
        hotplug = versions.hotplug(self._known_version())
        return self._client.modify_nics(command.instance, [change], hotplug=hotplug, **_told(command, depends))

    def _known_version(self) -> str:
        self.version = self.version or self._client.info().software_version
        return self.version

    def _nic(self, nic: NicSpec) -> dict[str, str]:
        """An interface's parameters. One on a Ganeti network takes mode and link from there, and may not name them."""
        place = {"network": nic.network} if nic.network else {"mode": nic.mode, "link": nic.link}
        params = {"name": vocabulary.nic_name(self._prefix, nic.port), "mac": nic.mac, "ip": nic.ip, **place}
        return {name: value for name, value in params.items() if value}


Order = Callable[[Orders, Any, tuple[int, ...]], int]

# Which call carries out which command; its keys are what this backend can do.
ORDERS: Final[Mapping[type[Command], Order]] = {
    CreateServer: Orders._create,  # noqa: SLF001 - its own table
    CreateServerHaving: Orders._create_having,  # noqa: SLF001
    StartServer: Orders._start,  # noqa: SLF001
    StopServer: Orders._stop,  # noqa: SLF001
    RebootServer: Orders._reboot,  # noqa: SLF001
    RebuildServer: Orders._rebuild,  # noqa: SLF001
    ResizeServer: Orders._resize,  # noqa: SLF001
    RescueServer: Orders._rescue,  # noqa: SLF001
    PauseServer: Orders._pause,  # noqa: SLF001
    SetPassword: Orders._set_password,  # noqa: SLF001
    CaptureServer: Orders._capture,  # noqa: SLF001
    MoveServer: Orders._move,  # noqa: SLF001
    DeleteServer: Orders._delete,  # noqa: SLF001
    PlugPort: Orders._plug,  # noqa: SLF001
    UnplugPort: Orders._unplug,  # noqa: SLF001
    ConnectNetwork: Orders._connect,  # noqa: SLF001
    DisconnectNetwork: Orders._disconnect,  # noqa: SLF001
    DeleteServerKeeping: Orders._delete_keeping,  # noqa: SLF001
    DeleteServerAwaiting: Orders._delete_keeping,  # noqa: SLF001
    AttachVolume: Orders._attach_volume,  # noqa: SLF001
    AttachFilledVolume: Orders._attach_filled,  # noqa: SLF001
    DetachVolume: Orders._detach_volume,  # noqa: SLF001
    ExtendVolume: Orders._extend_volume,  # noqa: SLF001
    DeleteVolume: Orders._delete_volume,  # noqa: SLF001
    CaptureVolume: Orders._capture_volume,  # noqa: SLF001
    ClearVolume: Orders._clear_volume,  # noqa: SLF001
}


def _readable(secret: dict[str, str]) -> dict[str, str]:
    """The password is kept encrypted until here."""
    password = os_parameters.PASSWORD
    return secret | ({password: secretkeys.current().decrypt(secret[password])} if password in secret else {})


def _told(command: Command, depends: tuple[int, ...]) -> dict[str, Any]:
    """What every order takes along."""
    return {"reason": vocabulary.reason_of(command.id), "depends": depends}
