"""What a hook is told: the environment Ganeti gives to post hooks, and the nodes they run on.

No job id, no instance UUID, no VNC port; booleans are ``True`` and ``False``. The set tells the state before, and the
state after again as ``GANETI_POST_*``. Called by ``scheduling`` before and after an opcode's work.
"""

from collections.abc import Iterator
from typing import Any

from ganeti.simulator.model import Disk, Instance, Nic
from ganeti.simulator.world import World

Environment = dict[str, str]

_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"
_STORAGE = "/srv/ganeti/file-storage"
# Hook → what else its environment says, by opcode parameter.
_EXTRA: dict[str, dict[str, str]] = {
    "instance-add": {"ADD_MODE": "mode"},
    "instance-start": {"FORCE": "force"},
    "instance-stop": {"TIMEOUT": "timeout"},
    "instance-reboot": {
        "REBOOT_TYPE": "reboot_type",
        "IGNORE_SECONDARIES": "ignore_secondaries",
        "SHUTDOWN_TIMEOUT": "shutdown_timeout",
    },
    "disk-grow": {"DISK": "disk", "AMOUNT": "amount", "ABSOLUTE": "absolute"},
    "instance-remove": {"SHUTDOWN_TIMEOUT": "shutdown_timeout"},
}


def described(world: World, path: str, given: dict[str, Any]) -> Environment:
    """What the environment says of an opcode and its instance as it is now, without ``GANETI_``."""
    extra = {name: _text(given[parameter]) for name, parameter in _EXTRA.get(path, {}).items()}
    instance = world.instances.get(given["instance_name"])
    if instance is None:
        return extra
    found = extra | dict(_instance(world, instance))
    return _as_requested(found, given) if path == "instance-add" else found


def environment(world: World, path: str, given: dict[str, Any], before: Environment) -> Environment:
    """The whole environment of post hooks; ``before`` is :func:`described` from before the work."""
    after = described(world, path, given)
    if path == "instance-remove":
        after = before
    if path == "instance-add":
        before = after
    if path == "instance-modify":
        before = {**before, **{key: value for key, value in after.items() if _is_requested(key)}}
    own = {f"GANETI_{key}": value for key, value in before.items()}
    post = {f"GANETI_POST_{key}": value for key, value in after.items()}
    return own | post | _common(world, path, given)


def nodes(world: World, before: Environment, given: dict[str, Any]) -> tuple[str, ...]:
    """The master and the instance's node, each once."""
    instance = world.instances.get(given["instance_name"])
    primary = instance.node if instance else before.get("INSTANCE_PRIMARY", "")
    return tuple(dict.fromkeys(one for one in (world.settings.nodes[0].name, primary) if one))


def _common(world: World, path: str, given: dict[str, Any]) -> Environment:
    return {
        "GANETI_CLUSTER": world.settings.name,
        "GANETI_DATA_DIR": "/var/lib/ganeti",
        "GANETI_HOOKS_PATH": path,
        "GANETI_HOOKS_PHASE": "post",
        "GANETI_HOOKS_VERSION": "2",
        "GANETI_MASTER": world.settings.nodes[0].name,
        "GANETI_OBJECT_TYPE": "INSTANCE",
        "GANETI_OP_CODE": str(given["OP_ID"]),
        "PATH": _PATH,
    }


def _is_requested(key: str) -> bool:
    """Parts that already are the new ones in the set from before a modification (observed)."""
    return key.startswith("INSTANCE_NIC") or key in {"INSTANCE_VCPUS", "INSTANCE_MINMEM", "INSTANCE_MAXMEM"}


def _instance(world: World, one: Instance) -> Iterator[tuple[str, str]]:
    beparams = world.beparams(one)
    yield "OP_TARGET", one.name
    yield "INSTANCE_NAME", one.name
    yield "INSTANCE_PRIMARY", one.node
    yield "INSTANCE_SECONDARIES", ""
    yield "INSTANCE_OS_TYPE", one.os
    yield "INSTANCE_STATUS", one.admin_state
    yield "INSTANCE_MINMEM", _text(beparams["minmem"])
    yield "INSTANCE_MAXMEM", _text(beparams["maxmem"])
    yield "INSTANCE_MEMORY", _text(beparams["maxmem"])
    yield "INSTANCE_VCPUS", _text(beparams["vcpus"])
    yield "INSTANCE_DISK_TEMPLATE", one.disk_template
    yield "INSTANCE_HYPERVISOR", one.hypervisor
    yield "INSTANCE_TAGS", " ".join(one.tags)
    yield "INSTANCE_NIC_COUNT", str(len(one.nics))
    for index, nic in enumerate(one.nics):
        yield from ((f"INSTANCE_NIC{index}_{key}", value) for key, value in _nic(world, nic))
    yield "INSTANCE_DISK_COUNT", str(len(one.disks))
    for index, disk in enumerate(one.disks):
        yield from ((f"INSTANCE_DISK{index}_{key}", value) for key, value in _disk(one, disk, index))
    yield from ((f"INSTANCE_BE_{key}", _text(value)) for key, value in beparams.items())
    yield from ((f"INSTANCE_HV_{key}", _text(value)) for key, value in world.hvparams(one).items())


def _disk(one: Instance, disk: Disk, index: int) -> Iterator[tuple[str, str]]:
    yield from (("UUID", disk.uuid), ("SIZE", str(disk.size)), ("MODE", disk.mode), ("DEV_TYPE", one.disk_template))
    if disk.name:
        yield "NAME", disk.name
    if one.disk_template == "file":
        yield from (("DRIVER", "loop"), ("ID", f"{_STORAGE}/{one.name}/{disk.uuid}.file.disk{index}"))


def _as_requested(found: Environment, given: dict[str, Any]) -> Environment:
    """Of an instance being made: its status is the start flag, and its disks have no identity yet (observed)."""
    unknown = ("_DEV_TYPE", "_DRIVER", "_ID")
    kept = {
        key: value for key, value in found.items() if not (key.startswith("INSTANCE_DISK") and key.endswith(unknown))
    }
    disks = {f"INSTANCE_DISK{index}_UUID": "" for index in range(len(given["disks"]))}
    return kept | disks | {"INSTANCE_STATUS": _text(given["start"])}


def _nic(world: World, nic: Nic) -> Iterator[tuple[str, str]]:
    yield from (("UUID", nic.uuid), ("IP", nic.ip or ""), ("MAC", nic.mac))
    yield from (("MODE", nic.mode), ("LINK", nic.link), ("VLAN", nic.vlan))
    if nic.name:
        yield "NAME", nic.name
    if nic.mode in {"bridged", "openvswitch"}:
        yield "BRIDGE", nic.link
    if nic.network:
        network = world.network(nic.network)
        facts = {
            "NAME": network.name,
            "UUID": network.uuid,
            "SUBNET": network.network,
            "GATEWAY": network.gateway,
            "SUBNET6": network.network6,
            "GATEWAY6": network.gateway6,
            "MAC_PREFIX": network.mac_prefix,
            "TAGS": " ".join(network.tags),
        }
        yield from ((f"NETWORK_{key}", value) for key, value in facts.items() if value is not None)


def _text(value: Any) -> str:
    return str(value)
