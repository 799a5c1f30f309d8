"""What RAPI shows of instances, nodes, groups, networks and the cluster: Ganeti's fields, in Ganeti's order. Pure."""

from collections.abc import Sequence
from typing import Any

from ganeti import versions
from ganeti.simulator import addresses
from ganeti.simulator.model import Instance, Network
from ganeti.simulator.settings import NodeSpec
from ganeti.simulator.world import DEFAULT_BEPARAMS, DEFAULT_HVPARAMS, GROUP, World

_STD = {"memory-size": 128, "disk-size": 1024, "disk-count": 1, "cpu-count": 1, "nic-count": 1, "spindle-use": 1}
_MIN = {"memory-size": 16, "disk-size": 4, "disk-count": 0, "cpu-count": 1, "nic-count": 0, "spindle-use": 0}
_MAX = {
    "memory-size": 1048576, "disk-size": 16777216, "disk-count": 16, "cpu-count": 128, "nic-count": 8, "spindle-use": 12,
}  # fmt: skip
_NDPARAMS = {
    "oob_program": "", "spindle_count": 1, "exclusive_storage": False, "ovs": False, "ovs_name": "switch1",
    "ovs_link": "", "ssh_port": 22, "cpu_speed": 1,
}  # fmt: skip


def status(instance: Instance, *, user_shutdown: bool, offline: bool = False) -> str:
    """Ganeti's word: ``ADMIN_`` is what was asked, ``ERROR_`` where reality differs. ``offline``: its node was given up."""
    if offline:
        return "ERROR_nodeoffline"
    if instance.running:
        return "running" if instance.admin_state == "up" else "ERROR_up"
    if instance.admin_state != "up":
        return f"ADMIN_{instance.admin_state}"
    return "USER_down" if instance.halted and user_shutdown else "ERROR_down"


def instance(world: World, one: Instance) -> dict[str, Any]:
    """``GET /2/instances/<name>``, and one of the bulk list."""
    beparams = world.beparams(one)
    offline = one.node in world.identity.offline
    names = [world.network(nic.network).name if nic.network else None for nic in one.nics]
    return {
        "name": one.name,
        "admin_state": one.admin_state,
        "os": one.os,
        "pnode": one.node,
        "snodes": [],
        "disk_template": one.disk_template,
        "nic.ips": [nic.ip for nic in one.nics],
        "nic.macs": [nic.mac for nic in one.nics],
        "nic.modes": [nic.mode for nic in one.nics],
        "nic.uuids": [nic.uuid for nic in one.nics],
        "nic.names": [nic.name for nic in one.nics],
        "nic.links": [nic.link for nic in one.nics],
        "nic.networks": [nic.network for nic in one.nics],
        "nic.networks.names": names,
        "nic.bridges": [nic.link if nic.mode == "bridged" else None for nic in one.nics],
        "network_port": one.network_port,
        "disk.sizes": [disk.size for disk in one.disks],
        "disk.spindles": [None for _ in one.disks],
        "disk_usage": sum(disk.size for disk in one.disks),
        "disk.uuids": [disk.uuid for disk in one.disks],
        "disk.names": [disk.name for disk in one.disks],
        "beparams": beparams | {"memory": beparams["maxmem"]},
        "hvparams": world.hvparams(one),
        "oper_state": None if offline else one.running,
        "oper_ram": one.memory if one.running else None,
        "oper_vcpus": one.vcpus if one.running else None,
        "status": status(one, user_shutdown=world.settings.user_shutdown, offline=offline),
        "custom_hvparams": one.hvparams,
        "custom_beparams": one.beparams,
        "custom_nicparams": [nic.chosen for nic in one.nics],
        "ctime": one.ctime,
        "mtime": one.mtime,
        "uuid": one.uuid,
        "serial_no": one.serial_no,
        "tags": one.tags,
    }


def console(one: Instance) -> dict[str, Any]:
    """``GET /2/instances/<name>/console``: ssh for kvm (with a serial console), a message for fake."""
    if one.hypervisor != "kvm":
        return {"instance": one.name, "kind": "msg", "message": f"Console not available for instance {one.name}"}
    command = ["/usr/lib/ganeti/tools/kvm-console-wrapper", "/usr/bin/socat", one.name]
    return {"instance": one.name, "kind": "ssh", "host": one.node, "user": "root", "command": command}


def node(world: World, one: NodeSpec) -> dict[str, Any]:
    """``GET /2/nodes/<name>``, and one of the bulk list. The first node is the master."""
    mine = sorted(name for name, instance in world.instances.items() if instance.node == one.name)
    place = world.settings.nodes.index(one)
    address = f"10.155.0.{11 + place}"
    offline = one.name in world.identity.offline
    return {
        "name": one.name,
        "offline": offline,
        "master_candidate": not offline,
        "drained": False,
        "dtotal": one.disk,
        "dfree": one.disk - world.disk_used(one.name),
        "sptotal": None,
        "spfree": None,
        "mtotal": one.memory,
        "mnode": 0,
        "mfree": world.memory_free(one),
        "pinst_cnt": len(mine),
        "sinst_cnt": 0,
        "ctotal": one.cpus,
        "cnos": one.cpus,
        "cnodes": 1,
        "csockets": 1,
        "pip": address,
        "sip": address,
        "role": "O" if offline else "C" if place else "M",
        "pinst_list": mine,
        "sinst_list": [],
        "master_capable": True,
        "vm_capable": True,
        "ndparams": _NDPARAMS,
        "group.uuid": world.uuid_of(GROUP),
        "ctime": world.identity.ctime,
        "mtime": world.identity.ctime,
        "uuid": world.uuid_of(one.name),
        "serial_no": 1,
        "tags": [],
    }


def group(world: World) -> dict[str, Any]:
    """The only node group."""
    return {
        "name": GROUP,
        "alloc_policy": "preferred",
        "node_cnt": len(world.settings.nodes),
        "node_list": [one.name for one in world.settings.nodes],
        "ipolicy": _ipolicy(world),
        "custom_ipolicy": {},
        "diskparams": {},
        "custom_diskparams": {},
        "ndparams": _NDPARAMS,
        "custom_ndparams": {},
        "ctime": world.identity.ctime,
        "mtime": world.identity.ctime,
        "uuid": world.uuid_of(GROUP),
        "serial_no": 1,
        "tags": [],
    }


def network(world: World, one: Network) -> dict[str, Any]:
    """``GET /2/networks/<name>``, and one of the bulk list."""
    users = [
        name for name, instance in world.instances.items() if any(nic.network == one.uuid for nic in instance.nics)
    ]
    picture = addresses.picture(one, world.addresses(one))
    return {
        "name": one.name,
        "network": one.network,
        "gateway": one.gateway,
        "network6": one.network6,
        "gateway6": one.gateway6,
        "mac_prefix": one.mac_prefix,
        "free_count": picture.count("."),
        "reserved_count": picture.count("X"),
        "map": picture,
        "group_list": one.connected,
        "inst_list": users,
        "external_reservations": ", ".join(addresses.reserved(one)),
        "ctime": one.ctime,
        "mtime": one.ctime,
        "uuid": one.uuid,
        "serial_no": one.serial_no,
        "tags": one.tags,
    }


def info(world: World) -> dict[str, Any]:
    """``GET /2/info``. ``uuid`` is new whenever the cluster is made anew."""
    settings, identity = world.settings, world.identity
    version = versions.read(settings.version) or versions.OLDEST
    number = version.major * 1000000 + version.minor * 10000
    return {
        "software_version": settings.version,
        "protocol_version": number,
        "config_version": number,
        "os_api_version": 20,
        "export_version": 0,
        "vcs_version": f"(ganeti) version {settings.version}",
        "architecture": ["64bits", "x86_64"],
        "name": settings.name,
        "master": settings.nodes[0].name,
        "default_hypervisor": settings.hypervisors[0],
        "enabled_hypervisors": list(settings.hypervisors),
        "hvparams": DEFAULT_HVPARAMS,
        "os_hvp": {},
        "beparams": {"default": DEFAULT_BEPARAMS},
        "osparams": {},
        "ipolicy": _ipolicy(world),
        "nicparams": {"default": {"mode": "bridged", "link": settings.link, "vlan": ""}},
        "ndparams": _NDPARAMS,
        "candidate_pool_size": 10,
        "max_running_jobs": settings.max_running,
        "max_tracked_jobs": settings.max_running + 5,
        "mac_prefix": settings.mac_prefix,
        "master_netdev": settings.link,
        "master_netmask": 24,
        "file_storage_dir": "/srv/ganeti/file-storage",
        "shared_file_storage_dir": "/srv/ganeti/shared-file-storage",
        "ctime": identity.ctime,
        "mtime": identity.mtime,
        "uuid": identity.uuid,
        "tags": identity.tags,
        "default_iallocator": "hail",
        "primary_ip_version": 4,
        "enabled_disk_templates": list(settings.disk_templates),
        "instance_communication_network": "",
        "enabled_user_shutdown": settings.user_shutdown,
        "prealloc_wipe_disks": False,
    }


def listed(names: Sequence[str] | Sequence[int], path: str, key: str) -> list[dict[str, Any]]:
    """A list without ``bulk``: names and where to read more."""
    return [{key: name, "uri": f"{path}/{name}"} for name in sorted(names)]


def _ipolicy(world: World) -> dict[str, Any]:
    return {
        "minmax": [{"min": _MIN, "max": _MAX}],
        "std": _STD,
        "spindle-ratio": 1024,
        "vcpu-ratio": 64,
        "disk-templates": list(world.settings.disk_templates),
    }
