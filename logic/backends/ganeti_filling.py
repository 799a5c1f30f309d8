"""A volume's first disk with content: made and filled as a server's is, and then put on the server (docs/decisions/0034).

Called by ``ganeti``. Its keeper is made with a disk of another name, and the OS definition writes the image there, on the node,
as for any instance. Only when that has succeeded the disk is named after the volume, so that what is found by its name is whole;
then it is moved to the server as ever. All these jobs are one chain, each needing the success of the one before. Everything
here blocks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ganeti.replies import Housed
from ganeti.vocabulary import filling_name, volume_name
from logic.backends import ganeti_volumes as volumes
from logic.backends import os_parameters
from logic.backends.ganeti_volumes import KEEPERS_OWN, Desk
from logic.messages.commands import AttachFilledVolume

NO_HOTPLUG: Final[Mapping[str, bool]] = {}


def attach(desk: Desk, command: AttachFilledVolume) -> int:
    """Whatever of it is there already is not done again; a keeper whose disk was not filled is made anew."""
    name = desk.name()
    desk.await_quiet(name, command.instance)
    server, keeper = desk.client.housed(command.instance), desk.found(name)
    if name in server.disk_names or (keeper and not volumes.is_half_made(desk, keeper)):
        return volumes.attach(desk, command)
    volumes.check_server(server)
    desk.nobodys(name)
    content = Content(os=command.os, os_params=command.os_params, hypervisor=command.hypervisor, size=command.size)
    return fill(desk, server, name, content, hotplug=desk.hotplug, reason=desk.whole)


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a disk of ``size`` MiB is to begin with, and what its keeper is made with."""

    os: str
    os_params: dict[str, str]
    hypervisor: str
    size: int


def fill(  # noqa: PLR0913 - what, where, and what first
    desk: Desk,
    server: Housed,
    name: str,
    content: Content,
    before: Sequence[int] = (),
    *,
    place: int = -1,
    hotplug: Mapping[str, bool] = NO_HOTPLUG,
    reason: str = "",
) -> int:
    """The job that puts the disk on the server, at this ``place``; a keeper that is there already, with a disk that was not
    filled, is made anew."""
    needs = list(before)
    if desk.found(name):
        needs = [desk.client.remove(name, shutdown_timeout=0, reason=desk.part, depends=desk.depends, needs=needs)]
    spec = _filled(desk, server, name, content)
    made = desk.client.create_instance(spec, reason=desk.part, depends=desk.depends, needs=needs)
    named = _change(desk, name, ("modify", 0, {"name": name}), made)
    taken = _change(desk, name, ("detach", name, {}), named)
    put: Any = ("attach", place, {"name": name})
    job = desk.client.modify_disk(server.name, put, hotplug=hotplug, reason=reason or desk.part, needs=[taken])
    desk.client.remove(name, reason=desk.part, needs=[job])
    return job


def _filled(desk: Desk, server: Housed, name: str, content: Content) -> dict[str, Any]:
    told = os_parameters.told(content.os, content.os_params)
    volume = name.removeprefix(volume_name(desk.prefix, ""))
    return volumes.keeper_of(desk, server, name, content.hypervisor) | {
        "disks": [{"size": content.size, "name": filling_name(desk.prefix, volume)}, {"size": KEEPERS_OWN}],
        "os_type": content.os,
        "osparams": told.public,
        "no_install": False,
    }


def _change(desk: Desk, name: str, change: Any, needs: int) -> int:
    return desk.client.modify_disk(name, change, hotplug={}, any_size=True, reason=desk.part, needs=[needs])
