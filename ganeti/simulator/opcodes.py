"""The opcodes of Ganeti 3.0.2 that the simulator knows: parameters, defaults and types, in the order of a job file.

A table only; ``parsing`` reads requests by it. What other versions know differently is in ``ganeti.versions``.
"""

from typing import Any, Final

from ganeti import versions
from ganeti.vocabulary import OP_SET_PARAMS


class Needed:
    """The default of what has none: the caller must say it."""


_NEEDED: Final = Needed()
_TEXT, _FLAG, _NUMBER, _LIST, _DICT = str, bool, int, list, dict
_Parameter = tuple[Any, type]

COMMON: Final[dict[str, _Parameter]] = {
    "dry_run": (None, _FLAG),
    "debug_level": (0, _NUMBER),
    "priority": (0, _NUMBER),
    "depends": (None, _LIST),
    "comment": (None, _TEXT),
    "reason": ([], _LIST),
}

_INSTANCE: Final[dict[str, _Parameter]] = {"instance_name": (_NEEDED, _TEXT), "instance_uuid": (None, _TEXT)}

PARAMETERS: Final[dict[str, dict[str, _Parameter]]] = {
    "OP_INSTANCE_CREATE": {
        "instance_name": (_NEEDED, _TEXT),
        "force_variant": (False, _FLAG),
        "wait_for_sync": (True, _FLAG),
        "name_check": (True, _FLAG),
        "ignore_ipolicy": (False, _FLAG),
        "opportunistic_locking": (False, _FLAG),
        "beparams": ({}, _DICT),
        "disks": (_NEEDED, _LIST),
        "disk_template": (None, _TEXT),
        "group_name": (None, _TEXT),
        "file_driver": (None, _TEXT),
        "file_storage_dir": (None, _TEXT),
        "hvparams": ({}, _DICT),
        "hypervisor": (None, _TEXT),
        "iallocator": (None, _TEXT),
        "identify_defaults": (False, _FLAG),
        "ip_check": (True, _FLAG),
        "conflicts_check": (True, _FLAG),
        "mode": (_NEEDED, _TEXT),
        "nics": (_NEEDED, _LIST),
        "no_install": (None, _FLAG),
        "osparams": ({}, _DICT),
        "osparams_private": ({}, _DICT),
        "osparams_secret": ({}, _DICT),
        "os_type": (None, _TEXT),
        "pnode": (None, _TEXT),
        "pnode_uuid": (None, _TEXT),
        "snode": (None, _TEXT),
        "snode_uuid": (None, _TEXT),
        "source_handshake": (None, _LIST),
        "source_instance_name": (None, _TEXT),
        "source_shutdown_timeout": (120, _NUMBER),
        "source_x509_ca": (None, _TEXT),
        "src_node": (None, _TEXT),
        "src_node_uuid": (None, _TEXT),
        "src_path": (None, _TEXT),
        "compress": ("none", _TEXT),
        "start": (True, _FLAG),
        "forthcoming": (False, _FLAG),
        "commit": (False, _FLAG),
        "tags": ([], _LIST),
        "instance_communication": (False, _FLAG),
        "helper_startup_timeout": (300, _NUMBER),
        "helper_shutdown_timeout": (7200, _NUMBER),
    },
    "OP_INSTANCE_REMOVE": _INSTANCE | {"shutdown_timeout": (120, _NUMBER), "ignore_failures": (False, _FLAG)},
    "OP_INSTANCE_STARTUP": _INSTANCE
    | {
        "force": (False, _FLAG),
        "ignore_offline_nodes": (False, _FLAG),
        "hvparams": ({}, _DICT),
        "beparams": ({}, _DICT),
        "no_remember": (False, _FLAG),
        "startup_paused": (False, _FLAG),
        "shutdown_timeout": (120, _NUMBER),
    },
    "OP_INSTANCE_SHUTDOWN": _INSTANCE
    | {
        "force": (False, _FLAG),
        "ignore_offline_nodes": (False, _FLAG),
        "timeout": (120, _NUMBER),
        "no_remember": (False, _FLAG),
        "admin_state_source": ("admin", _TEXT),
    },
    "OP_INSTANCE_REBOOT": _INSTANCE
    | {
        "shutdown_timeout": (120, _NUMBER),
        "ignore_secondaries": (False, _FLAG),
        "reboot_type": (_NEEDED, _TEXT),
    },
    "OP_INSTANCE_REINSTALL": _INSTANCE
    | {
        "force_variant": (False, _FLAG),
        "os_type": (None, _TEXT),
        "osparams": ({}, _DICT),
        "osparams_private": ({}, _DICT),
        "osparams_secret": ({}, _DICT),
    },
    "OP_INSTANCE_SET_PARAMS": _INSTANCE
    | {
        "force": (False, _FLAG),
        "force_variant": (False, _FLAG),
        "ignore_ipolicy": (False, _FLAG),
        "nics": ([], _LIST),
        "disks": ([], _LIST),
        "beparams": ({}, _DICT),
        "runtime_mem": (None, _NUMBER),
        "hvparams": ({}, _DICT),
        "disk_template": (None, _TEXT),
        "ext_params": ({}, _DICT),
        "file_driver": (None, _TEXT),
        "file_storage_dir": (None, _TEXT),
        "pnode": (None, _TEXT),
        "pnode_uuid": (None, _TEXT),
        "remote_node": (None, _TEXT),
        "remote_node_uuid": (None, _TEXT),
        "iallocator": (None, _TEXT),
        "os_name": (None, _TEXT),
        "osparams": ({}, _DICT),
        "osparams_private": (None, _DICT),
        "wait_for_sync": (True, _FLAG),
        "offline": (None, _FLAG),
        "conflicts_check": (True, _FLAG),
        "hotplug": (False, _FLAG),
        "hotplug_if_possible": (False, _FLAG),
        "instance_communication": (None, _FLAG),
    },
    "OP_INSTANCE_GROW_DISK": _INSTANCE
    | {
        "wait_for_sync": (True, _FLAG),
        "disk": (_NEEDED, _NUMBER),
        "amount": (_NEEDED, _NUMBER),
        "absolute": (False, _FLAG),
        "ignore_ipolicy": (False, _FLAG),
    },
    "OP_BACKUP_EXPORT": _INSTANCE
    | {
        "compress": ("none", _TEXT),
        "shutdown_timeout": (120, _NUMBER),
        "target_node": (_NEEDED, _TEXT),
        "target_node_uuid": (None, _TEXT),
        "shutdown": (True, _FLAG),
        "remove_instance": (False, _FLAG),
        "ignore_remove_failures": (False, _FLAG),
        "mode": ("local", _TEXT),
        "x509_key_name": (None, _LIST),
        "destination_x509_ca": (None, _TEXT),
        "zero_free_space": (False, _FLAG),
        "zeroing_timeout_fixed": (None, _NUMBER),
        "zeroing_timeout_per_mib": (None, _NUMBER),
        "long_sleep": (False, _FLAG),
    },
    "OP_INSTANCE_MIGRATE": _INSTANCE
    | {
        "mode": (None, _TEXT),
        "live": (None, _FLAG),
        "target_node": (None, _TEXT),
        "target_node_uuid": (None, _TEXT),
        "allow_runtime_changes": (True, _FLAG),
        "ignore_ipolicy": (False, _FLAG),
        "cleanup": (False, _FLAG),
        "iallocator": (None, _TEXT),
        "allow_failover": (False, _FLAG),
        "ignore_hvversions": (False, _FLAG),
    },
    "OP_INSTANCE_FAILOVER": _INSTANCE
    | {
        "shutdown_timeout": (120, _NUMBER),
        "ignore_consistency": (False, _FLAG),
        "target_node": (None, _TEXT),
        "target_node_uuid": (None, _TEXT),
        "ignore_ipolicy": (False, _FLAG),
        "cleanup": (False, _FLAG),
        "iallocator": (None, _TEXT),
    },
    "OP_TAGS_SET": {"kind": (_NEEDED, _TEXT), "name": (None, _TEXT), "tags": (_NEEDED, _LIST)},
    "OP_TAGS_DEL": {"kind": (_NEEDED, _TEXT), "name": (None, _TEXT), "tags": (_NEEDED, _LIST)},
    "OP_NETWORK_ADD": {
        "network_name": (_NEEDED, _TEXT),
        "network": (_NEEDED, _TEXT),
        "gateway": (None, _TEXT),
        "network6": (None, _TEXT),
        "gateway6": (None, _TEXT),
        "mac_prefix": (None, _TEXT),
        "add_reserved_ips": (None, _LIST),
        "conflicts_check": (True, _FLAG),
        "tags": ([], _LIST),
    },
    "OP_NETWORK_REMOVE": {"network_name": (_NEEDED, _TEXT), "force": (False, _FLAG)},
    "OP_NETWORK_CONNECT": {
        "group_name": (_NEEDED, _TEXT),
        "network_name": (_NEEDED, _TEXT),
        "network_mode": (None, _TEXT),
        "network_link": (None, _TEXT),
        "network_vlan": ("", _TEXT),
        "conflicts_check": (True, _FLAG),
    },
    "OP_NETWORK_DISCONNECT": {"group_name": (_NEEDED, _TEXT), "network_name": (_NEEDED, _TEXT)},
}


def parameters(opcode: str, version: str) -> dict[str, _Parameter]:
    """What an opcode takes in a version."""
    known = {name: one for name, one in PARAMETERS[opcode].items() if versions.knows(version, opcode, name)}
    if opcode == OP_SET_PARAMS and versions.can(version, versions.HOTPLUG_WHERE_IT_CAN):
        known["hotplug"] = (True, _FLAG)
    return known
