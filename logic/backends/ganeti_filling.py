"""A volume's first disk with content: made and filled as a server's is, and then put on the server (docs/decisions/0034).

Called by ``ganeti``. Its keeper is made with a disk of another name, and the OS definition writes the image there, on the node,
as for any instance. Only when that has succeeded the disk is named after the volume, so that what is found by its name is whole;
then it is moved to the server as ever. All these jobs are one chain, each needing the success of the one before. Everything
here blocks.
"""

from typing import Any

from ganeti.replies import Housed
from ganeti.vocabulary import filling_name
from logic.backends import ganeti_volumes as volumes
from logic.backends import os_parameters
from logic.backends.ganeti_volumes import KEEPERS_OWN, Desk
from logic.messages.commands import AttachFilledVolume


def attach(desk: Desk, command: AttachFilledVolume) -> int:
    """Whatever of it is there already is not done again; a keeper whose disk was not filled is made anew."""
    name = desk.name()
    desk.await_quiet(name, command.instance)
    server, keeper = desk.client.housed(command.instance), desk.found(name)
    if name in server.disk_names or (keeper and not volumes.is_half_made(desk, keeper)):
        return volumes.attach(desk, command)
    volumes.check_server(server)
    desk.nobodys(name)
    before = list(desk.depends)
    if keeper:
        before.append(desk.client.remove(name, shutdown_timeout=0, reason=desk.part, depends=desk.depends))
    made = desk.client.create_instance(_filled(desk, server, command), reason=desk.part, depends=before)
    named = _change(desk, name, ("modify", 0, {"name": name}), made)
    taken = _change(desk, name, ("detach", name, {}), named)
    put: Any = ("attach", -1, {"name": name})
    job = desk.client.modify_disk(server.name, put, hotplug=desk.hotplug, reason=desk.whole, needs=[taken])
    desk.client.remove(name, reason=desk.part, needs=[job])
    return job


def _filled(desk: Desk, server: Housed, command: AttachFilledVolume) -> dict[str, Any]:
    told = os_parameters.told(command.os, command.os_params)
    return volumes.keeper_of(desk, server, desk.name(), command.hypervisor) | {
        "disks": [{"size": command.size, "name": filling_name(desk.prefix, command.resource)}, {"size": KEEPERS_OWN}],
        "os_type": command.os,
        "osparams": told.public,
        "no_install": False,
    }


def _change(desk: Desk, name: str, change: Any, needs: int) -> int:
    return desk.client.modify_disk(name, change, hotplug={}, any_size=True, reason=desk.part, needs=[needs])
