"""Volumes on a cluster: their disks made, put on servers, taken off, kept and deleted (docs/decisions/0029).

Called by ``ganeti.GanetiBackend``. A volume's disk is named after it. While no server has it, an instance of the same name that
is never started keeps it, its *keeper*: the remote API shows no disk that is on no instance, and has no verb to delete one.
Each function looks where the disk is and orders what is missing, so it can be asked again at any point. Everything here blocks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ganeti import vocabulary
from ganeti.rapi import RapiClient
from ganeti.replies import Housed
from logic.backends import ganeti_capturing as capturing
from logic.errors import Gone, Rejected, Transient
from logic.messages.commands import (
    AttachVolume,
    CaptureVolume,
    Command,
    DeleteServerKeeping,
    DeleteVolume,
    DetachVolume,
    ExtendVolume,
)

NOT_YET: Final = 0.5  # seconds until a command whose earlier jobs are not over is tried again, growing to five
KEEPERS_OWN: Final = 4  # MiB: of no use, but Ganeti attaches no disk to an instance that has none
KEEPERS_MEMORY: Final = 16  # MiB
ON_ONE_NODE: Final = frozenset(
    {"file", "plain", "drbd"}
)  # templates whose disks do not leave their node, or their two, by being attached
ASKED: Final = (
    8  # times that a guest is asked to let go of a disk: about two minutes, in which one that boots is up (Nova's too)
)
DISKLESS: Final = "diskless"
PRETENDING: Final = "fake"  # the hypervisor whose guests have no devices


class Desk(msgspec.Struct, frozen=True):
    """A command under way: how the cluster is asked, and how it says that running guests are to see a change."""

    client: RapiClient
    prefix: str
    hotplug: Mapping[str, bool]
    command: Command
    depends: Sequence[int] = ()

    @property
    def whole(self) -> str:
        return vocabulary.reason_of(self.command.id)

    @property
    def part(self) -> str:
        return vocabulary.part_of(self.command.id)

    def name(self, volume: str = "") -> str:
        return vocabulary.volume_name(self.prefix, volume or self.command.resource)

    def found(self, name: str) -> Housed | None:
        try:
            return self.client.housed(name) if name else None
        except Gone:
            return None

    def await_quiet(self, *names: str) -> None:
        """Raises :class:`Transient` while a job about one of these instances is under way: where a disk is, is known after it."""
        for work in self.client.work().values():
            if work.status not in vocabulary.FINAL and not work.about.isdisjoint(names):
                raise Transient("an earlier job of it is not over yet", delay=NOT_YET)

    def nobodys(self, name: str) -> None:
        """Raises :class:`Rejected` when an instance has the disk that ought to be on none: attaching it a second time would move
        its file away from there."""
        home = next((one for one, disks in self.client.disk_names().items() if name in disks), "")
        if home:
            raise Rejected(f"its disk is on the instance {home}", code="elsewhere")


def attach(desk: Desk, command: AttachVolume) -> int:
    """From its keeper, from nowhere, or made there. A keeper without it has let go of it: then it is on no instance, with all
    that is on it, and a second one would be blank."""
    name = desk.name()
    desk.await_quiet(name, command.instance)
    server, keeper = desk.client.housed(command.instance), desk.found(name)
    if name in server.disk_names:
        return as_it_is(desk, server, name)
    check_server(server)
    made, needs = command.fresh and (keeper is None or is_half_made(desk, keeper)), []
    if keeper and name in keeper.disk_names:
        _check_place(server, keeper)
        needs = [moved(desk, keeper, ("detach", name, {}), desk.part, depends=desk.depends)]
    elif not made:
        desk.nobodys(name)
    change: Any = ("add", -1, {"size": command.size, "name": name}) if made else ("attach", -1, {"name": name})
    job = desk.client.modify_disk(
        server.name, change, hotplug=desk.hotplug, reason=desk.whole, depends=desk.depends, needs=needs
    )
    if keeper:
        desk.client.remove(keeper.name, reason=desk.part, needs=[job])
    return job


def detach(desk: Desk, command: DetachVolume) -> int:
    """Step by step, since a guest may not let go of the disk, which is known only afterwards: what QEMU still writes to must
    not come to another server. One that does not is asked again, for which the disk has to be put back. Raises
    :class:`Transient` after each step but the last."""
    name = desk.name()
    desk.await_quiet(name, command.instance)
    server, keeper = desk.found(command.instance), desk.found(name)
    held = _held(desk, command)
    if server and name in server.disk_names:
        if held and not held.again:
            raise Rejected(held.why, code="busy")
        _take_off(desk, server, name, command.hypervisor, desk.hotplug)
        raise Transient("its disk is being taken off", delay=NOT_YET)
    if keeper and name in keeper.disk_names:
        return as_it_is(desk, keeper, name)
    desk.nobodys(name)
    if server and held:
        desk.client.modify_disk(server.name, ("attach", -1, {"name": name}), hotplug={}, reason=desk.part)
        raise Transient("the guest has not let go of its disk, which is put back", delay=NOT_YET)
    if keeper is None:
        raise Rejected("its disk is nowhere on the cluster", code=vocabulary.UNKNOWN_ENTITY)
    return moved(desk, keeper, ("attach", -1, {"name": name}), desk.whole, depends=desk.depends)


def extend(desk: Desk, command: ExtendVolume) -> int:
    """Where it is: on its server, on its keeper, or on none, when its keeper is given it back first."""
    name = desk.name()
    desk.await_quiet(name, *([command.instance] if command.instance else []))
    keeper = desk.found(name)
    for home in (desk.found(command.instance), keeper):
        if home and name in home.disk_names:
            return _grown(desk, home, name, command.size)
    desk.nobodys(name)
    if keeper is None or is_half_made(desk, keeper):
        raise Rejected("its disk is nowhere on the cluster", code=vocabulary.UNKNOWN_ENTITY)
    back = moved(desk, keeper, ("attach", -1, {"name": name}), desk.part, depends=desk.depends)
    place = len(keeper.disk_names)
    return desk.client.grow_disk(keeper.name, place, size=command.size, reason=desk.whole, needs=[back])


def _grown(desk: Desk, home: Housed, name: str, size: int) -> int:
    place = home.disk_names.index(name)
    if desk.client.measured(home.name).disks[place] >= size:
        return as_it_is(desk, home, name)
    return desk.client.grow_disk(home.name, place, size=size, reason=desk.whole, depends=desk.depends)


def capture(desk: Desk, command: CaptureVolume) -> int:
    """Where it is: on its server, or on its keeper. Raises ``Rejected`` where it is on neither."""
    name = desk.name()
    desk.await_quiet(name, *([command.instance] if command.instance else []))
    home = desk.found(command.instance or name)
    if home is None or name not in home.disk_names:
        raise Rejected("its disk is not where it was. Try again in a minute.", code="elsewhere")
    return capturing.exported(desk.client, home, command, desk.depends)


def delete(desk: Desk, command: DeleteVolume) -> int:
    """With its keeper. That there is none is success: the job says that nobody knows it."""
    name = desk.name()
    desk.await_quiet(name, *([command.instance] if command.instance else []))
    keeper, needs = desk.found(name), []
    if keeper is None or name not in keeper.disk_names:
        desk.nobodys(name)
    if keeper:
        check_keeper(keeper, command.resource)
    if keeper and name not in keeper.disk_names and not is_half_made(desk, keeper):
        needs = [moved(desk, keeper, ("attach", -1, {"name": name}), desk.part, depends=desk.depends)]
    return desk.client.remove(name, shutdown_timeout=0, reason=desk.whole, depends=desk.depends, needs=needs)


def remove_server(desk: Desk, command: DeleteServerKeeping) -> int:
    """Its guest is stopped, and volumes are taken off, before it is removed: not unless that has succeeded."""
    desk.await_quiet(command.instance, *map(desk.name, command.volumes))  # it may just be made with them
    server = desk.found(command.instance)
    names = [name for name in map(desk.name, command.volumes) if server and name in server.disk_names]
    patience = 0 if command.force else None
    if server is None or not names:
        return desk.client.remove(command.instance, shutdown_timeout=patience, reason=desk.whole, depends=desk.depends)
    timeout = 0 if command.force else 120
    stopped = desk.client.shutdown(server.name, timeout=timeout, reason=desk.part, depends=desk.depends)
    needs = [_take_off(desk, server, name, command.hypervisor, {}, needs=[stopped], keep=True) for name in names]
    return desk.client.remove(server.name, shutdown_timeout=patience, reason=desk.whole, needs=needs)


def _take_off(  # noqa: PLR0913 - from where, to where, and what first
    desk: Desk,
    server: Housed,
    name: str,
    hypervisor: str,
    hotplug: Mapping[str, bool],
    *,
    needs: Sequence[int] = (),
    keep: bool = False,
) -> int:
    """The job that takes a disk off a server, where its keeper waits for it. ``keep``: and is given it."""
    keeper, before = desk.found(name), list(needs)
    if keeper and (keeper.nodes, keeper.disk_template) != (server.nodes, server.disk_template):
        before.append(desk.client.remove(name, reason=desk.part, depends=desk.depends))  # the server has moved since
        keeper = None
    if keeper is None:
        before.append(_new_keeper(desk, server, name, hypervisor, before))
    off = desk.client.modify_disk(
        server.name, ("detach", name, {}), hotplug=hotplug, reason=desk.part, depends=desk.depends, needs=before
    )
    if keep:
        attached = ("attach", -1, {"name": name})
        desk.client.modify_disk(name, attached, hotplug={}, any_size=True, reason=desk.part, needs=[off])
    return off


def _new_keeper(desk: Desk, server: Housed, name: str, hypervisor: str, before: Sequence[int]) -> int:
    return desk.client.create_instance(keeper_of(desk, server, name, hypervisor), reason=desk.part, depends=before)


def keeper_of(desk: Desk, server: Housed, name: str, hypervisor: str) -> dict[str, Any]:
    """How a keeper is made, on the nodes of a server."""
    spec = {
        "instance_name": name,
        "disk_template": server.disk_template,
        "disks": [{"size": KEEPERS_OWN}],
        "nics": [],
        "beparams": {"minmem": KEEPERS_MEMORY, "maxmem": KEEPERS_MEMORY, "vcpus": 1},
        "os_type": server.os or "",
        "no_install": True,
        "hypervisor": hypervisor,
        **on_nodes(server),
        "tags": [vocabulary.volume_tag(name.removeprefix(vocabulary.volume_name(desk.prefix, "")))],
        "start": False,
        "wait_for_sync": False,
        "ignore_ipolicy": True,
        "name_check": False,
        "ip_check": False,
        "conflicts_check": False,
    }
    return {key: value for key, value in spec.items() if value or key != "hypervisor"}


def on_nodes(home: Housed) -> dict[str, str]:
    """To make an instance where another is. Of one whose disks are mirrored Ganeti wants to be told both nodes, and puts only
    disks on it that are on both."""
    primary = {"pnode": home.pnode or ""}
    return primary | {"snode": home.snodes[0]} if home.snodes else primary


def check_keeper(keeper: Housed, volume: str) -> None:
    """Raises :class:`Rejected` for an instance of its name that is somebody else's."""
    if vocabulary.volume_tag(volume) not in keeper.tags:
        raise Rejected(f"the instance {keeper.name} has not been made to keep it", code="foreign")


def is_half_made(desk: Desk, keeper: Housed, volume: str = "") -> bool:
    """Has it a disk that was to be the volume's, and was not filled (``ganeti_filling``)?"""
    return vocabulary.filling_name(desk.prefix, volume or desk.command.resource) in keeper.disk_names


def moved(  # noqa: PLR0913 - an order's parts
    desk: Desk, keeper: Housed, change: Any, reason: str, *, depends: Sequence[int], needs: Sequence[int] = ()
) -> int:
    """The job of one change of the disks of what keeps them, which never runs."""
    return desk.client.modify_disk(
        keeper.name, change, hotplug={}, any_size=True, reason=reason, depends=depends, needs=needs
    )


def as_it_is(desk: Desk, home: Housed, name: str) -> int:
    """A job of the command's that changes nothing, and succeeds if the disk is there."""
    return moved(desk, home, ("modify", name, {"name": name}), desk.whole, depends=desk.depends)


def check_server(server: Housed) -> None:
    if server.disk_template == DISKLESS:
        raise Rejected("its server has no disks, and Ganeti adds none to such an instance", code="not-supported")


def _check_place(server: Housed, keeper: Housed) -> None:
    if keeper.disk_template != server.disk_template:
        kinds = f"its disk is kept as {keeper.disk_template}, those of its server as {server.disk_template}"
        raise Rejected(f"{kinds}: Ganeti has no instance with both", code="not-supported")
    if keeper.disk_template in ON_ONE_NODE and keeper.nodes != server.nodes:
        there, here = " and ".join(keeper.nodes), " and ".join(server.nodes)
        raise Rejected(f"its disk is on node {there}, its server on {here}", code="another-node")


class Held(msgspec.Struct, frozen=True):
    """Why the guest may still have the disk though it was taken off, or why that failed; ``again``: it may yet let go."""

    why: str
    again: bool = False


def _held(desk: Desk, command: DetachVolume) -> Held | None:
    """As the last job tells that took it off for the command; None if the guest has it not."""
    offs = _taken_off(desk, command)
    if not offs:
        return None
    job = desk.client.job(offs[-1])
    if job is None:
        return Held("What came of taking it off is not known any more. Stop the server, and try again.")
    op = job.ops[0]
    if job.status != vocabulary.SUCCESS:
        return Held(f"Taking it off has failed: {op.error}")
    if op.hotplug in {"held", "failed"} or (op.hotplug == "absent" and not _was_there(desk, offs)):
        why = "The guest does not let go of the disk. Stop the server, or have it unmount the disk, and try again."
        return Held(why, again=op.hotplug != "absent" and len(offs) < ASKED)
    server = desk.found(command.instance)
    if op.hotplug or server is None or server.is_down or desk.client.hypervisors().get(server.name) == PRETENDING:
        return None
    return Held("Its cluster cannot take a disk from a guest that runs. Stop the server, and try again.")


def _was_there(desk: Desk, offs: Sequence[int]) -> bool:
    """Had the guest it when it was asked before? Then a device that QEMU does not know any more was let go of in between. One
    that was never known by that name the guest may have by another (if an old Ganeti has started it)."""
    before = [desk.client.job(one) for one in offs[-2:-1]]
    return any(job and job.ops[0].hotplug == "held" for job in before)


def _taken_off(desk: Desk, command: DetachVolume) -> list[int]:
    """The jobs that were to take it off its server for this command, the first one first."""
    return sorted(
        job.id
        for job in desk.client.jobs_after(command.sending.since)
        if any(op.part == command.id and (op.instance, op.on_disk) == (command.instance, "detach") for op in job.ops)
    )
