"""Servers as Nova shows them: the brief view of lists, the full one, and the one that PUT answers below 2.75.

Which field came with which version, and who sees it, are in two literal tables.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from logic.compute.infos import FlavorInfo, ServerInfo
from logic.network.queries import AddressInfo
from synnefo.api.compute.render.frame import Frame, host_id
from synnefo.api.compute.render.reasons import told
from synnefo.api.compute.render.server_parts import GroupName, VolumeOfServer
from synnefo.api.compute.versions import Since
from synnefo.api.kernel import times

PROGRESSING = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE"})
FAULTY = frozenset({"ERROR", "DELETED"})
FAULT_CODE = 500  # Nova's for what the tenant did not cause
Json = dict[str, Any]


class Field(msgspec.Struct, frozen=True):
    """A key of the view, and what it holds; ``since`` 2.N, from ``everybody`` on for tenants too, else for admins."""

    key: str
    kind: Any
    value: Callable[[ServerInfo], Any]
    since: int = 1
    everybody: int = 1


NEVER = 1000
IMPORTED = "It was imported, and is read-only until an operator confirms that."


def _root(server: ServerInfo) -> str | None:
    """What guests with virtio's disks call the first: one that has none boots from nothing."""
    return "/dev/vda" if server.flavor.disk or server.root_volume else None


# Part of every view but the brief one.
CORE: tuple[Field, ...] = (
    Field("locked", bool, lambda server: server.locked, Since.LOCKED),
    Field("description", str | None, lambda server: server.description, Since.DESCRIPTION),
    Field("tags", list[str], lambda server: server.tags, Since.TAGS),
    Field("trusted_image_certificates", None, lambda _: None, Since.CERTIFICATES),
    Field("scheduler_hints", dict[str, Any], lambda server: server.hints, Since.HINTS),
    Field(
        "locked_reason",
        str | None,
        lambda server: IMPORTED if server.imported else server.locked_reason,
        Since.LOCKED_REASON,
    ),
)
# Part of the full view.
FULL: tuple[Field, ...] = (
    Field("OS-EXT-AZ:availability_zone", str, lambda server: server.availability_zone),
    Field("OS-EXT-STS:task_state", str | None, lambda server: server.task),
    Field("OS-EXT-STS:vm_state", str, lambda server: server.vm_state),
    Field("OS-EXT-STS:power_state", int, lambda server: server.power),
    Field("OS-SRV-USG:launched_at", str | None, lambda server: server.launched_at and times.bare(server.launched_at)),
    Field(
        "OS-SRV-USG:terminated_at", str | None, lambda server: server.terminated_at and times.bare(server.terminated_at)
    ),
    Field("config_drive", Literal["True", ""], lambda server: "True" if server.config_drive else ""),
    Field("key_name", str | None, lambda server: server.key_name or None),
    Field(
        "os-extended-volumes:volumes_attached",
        list[VolumeOfServer],
        lambda server: [{"id": id} for id, _ in server.volumes],
    ),
    Field(
        "os-extended-volumes:volumes_attached",
        list[VolumeOfServer],
        lambda server: [{"id": id, "delete_on_termination": goes} for id, goes in server.volumes],
        Since.ATTRIBUTES,
    ),
    Field(
        "security_groups",
        list[GroupName],
        lambda server: _groups(["default"] if server.security_groups is None else server.security_groups),
    ),
    Field("OS-EXT-SRV-ATTR:host", str | None, lambda server: server.host or None, everybody=NEVER),
    Field("OS-EXT-SRV-ATTR:hypervisor_hostname", str | None, lambda server: server.host or None, everybody=NEVER),
    Field("OS-EXT-SRV-ATTR:instance_name", str, lambda server: server.instance, everybody=NEVER),
    Field("OS-EXT-SRV-ATTR:hostname", str, lambda server: server.hostname, Since.ATTRIBUTES, Since.HOSTNAME),
    Field(
        "OS-EXT-SRV-ATTR:reservation_id", str | None, lambda server: server.reservation or None, Since.ATTRIBUTES, NEVER
    ),
    Field("OS-EXT-SRV-ATTR:launch_index", int, lambda server: server.launch_index, Since.ATTRIBUTES, NEVER),
    Field("OS-EXT-SRV-ATTR:kernel_id", str, lambda _: "", Since.ATTRIBUTES, NEVER),
    Field("OS-EXT-SRV-ATTR:ramdisk_id", str, lambda _: "", Since.ATTRIBUTES, NEVER),
    Field("OS-EXT-SRV-ATTR:root_device_name", str | None, _root, Since.ATTRIBUTES, NEVER),
    Field("OS-EXT-SRV-ATTR:user_data", str | None, lambda server: server.user_data or None, Since.ATTRIBUTES, NEVER),
    Field("host_status", str, lambda server: server.host_status, Since.HOST_STATUS, NEVER),
    Field("pinned_availability_zone", str | None, lambda server: server.pinned_zone or None, Since.PINNED_ZONE),
)
# Not in lists.
SINGLE: tuple[Field, ...] = (
    Field("server_groups", list[str], lambda server: [server.group] if server.group else [], Since.SERVER_GROUPS),
)


TABLES: dict[str, tuple[Field, ...]] = {"core": CORE, "full": FULL, "single": SINGLE}


def _add(view: Json, server: ServerInfo, frame: Frame, *tables: str) -> Json:
    for key, value in _shown(frame.minor, frame.admin, tables):
        view[key] = value(server)
    return view


@functools.cache
def _shown(minor: int, admin: bool, tables: tuple[str, ...]) -> list[tuple[str, Callable[[ServerInfo], Any]]]:
    """What a reader of this kind is shown at this version. Tables go by name, since each line of a list asks."""
    return [
        (field.key, field.value)
        for table in tables
        for field in TABLES[table]
        if field.since <= minor and (admin or field.everybody <= minor)
    ]


def brief(server: ServerInfo, frame: Frame) -> Json:
    """A line of ``GET /servers``."""
    return {"id": server.id, "name": server.name, "links": frame.links("servers", server.id)}


def listed(server: ServerInfo, frame: Frame) -> Json:
    """A line of ``GET /servers/detail``. Of a server in no security group Nova has no word about them."""
    view = _add(_common(server, frame, addresses(server.addresses, macs=True)), server, frame, "core", "full")
    if not view["security_groups"]:
        del view["security_groups"]
    return view


def shown(server: ServerInfo, frame: Frame) -> Json:
    """``GET /servers/{id}``."""
    return _add(listed(server, frame), server, frame, "single")


def changed(server: ServerInfo, frame: Frame) -> Json:
    """What ``PUT /servers/{id}`` answers: below 2.75 without the fields that extensions once added."""
    if frame.at_least(Since.STRICT):
        return shown(server, frame)
    return _add(_common(server, frame, addresses(server.addresses)), server, frame, "core", "single")


def rebuilt(server: ServerInfo, frame: Frame, password: str = "") -> Json:
    """What the action ``rebuild`` answers: as ``PUT``, with what has come to it since, and the password where one is told."""
    view = changed(server, frame) | ({"adminPass": password} if password else {})
    if frame.at_least(Since.REBUILD_KEY):
        view["key_name"] = server.key_name or None
    if frame.at_least(Since.NO_PERSONALITY):
        view["user_data"] = server.user_data or None
        view.pop("OS-EXT-SRV-ATTR:user_data", None)  # administrators see it once
    return view


def created(id: str, groups: Sequence[str], frame: Frame, *, disk: str = "AUTO", password: str = "") -> Json:
    """What ``POST /servers`` answers, with the security groups as they were named; with the password where the site wants one."""
    links = frame.links("servers", id)
    view = {"id": id, "links": links, "OS-DCF:diskConfig": disk, "security_groups": _groups(groups)}
    return view | {"adminPass": password} if password else view


def _groups(names: Sequence[str]) -> list[Json]:
    return [{"name": name} for name in names]


def _common(server: ServerInfo, frame: Frame, addresses: Json) -> Json:
    view: Json = {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "tenant_id": server.project,
        "user_id": server.user,
        "metadata": server.metadata,
        "hostId": host_id(server.project, server.host),
        "image": _image(server, frame),
        "flavor": _flavor(server.flavor, frame),
        "created": times.seconds(server.created_at),
        "updated": times.seconds(server.updated_at),
        "addresses": addresses,
        "accessIPv4": server.access_ip_v4,
        "accessIPv6": server.access_ip_v6,
        "OS-DCF:diskConfig": server.disk_config,
        "links": frame.links("servers", server.id),
    }
    if server.status in PROGRESSING:
        view["progress"] = server.progress
    if server.status in FAULTY and server.fault:
        fault = server.fault
        view["fault"] = {"code": FAULT_CODE, "created": times.seconds(fault.at), "message": told(fault.message, frame)}
    return view


def _image(server: ServerInfo, frame: Frame) -> Json | str:
    if not server.image:
        return ""
    view: Json = {"id": server.image, "links": [frame.bookmark("images", server.image)]}
    return view | {"properties": server.image_properties} if frame.at_least(Since.IMAGE_PROPERTIES) else view


def _flavor(flavor: FlavorInfo, frame: Frame) -> Json:
    if not frame.at_least(Since.FLAVOR_EMBEDDED):
        return {"id": flavor.id, "links": [frame.bookmark("flavors", flavor.id)]}
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def addresses(known: Sequence[AddressInfo], *, macs: bool = False) -> Json:
    """By the network's name, in the order the ports were made."""
    view: Json = {}
    for address in known:
        item: Json = {"version": address.version, "addr": address.ip}
        if macs:
            item |= {
                "OS-EXT-IPS:type": "floating" if address.floating else "fixed",
                "OS-EXT-IPS-MAC:mac_addr": address.mac,
            }
        view.setdefault(address.network, []).append(item)
    return view
