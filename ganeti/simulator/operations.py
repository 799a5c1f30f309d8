"""The opcodes the simulator carries out."""

from typing import Final

from ganeti.simulator import creating, exporting, growing, lifecycle, modifying, moving, networking, tagging
from ganeti.simulator.operation import Operation
from ganeti.vocabulary import (
    OP_CREATE,
    OP_EXPORT,
    OP_FAILOVER,
    OP_GROW_DISK,
    OP_MIGRATE,
    OP_REBOOT,
    OP_REMOVE,
    OP_SET_PARAMS,
    OP_SHUTDOWN,
    OP_STARTUP,
)

OPERATIONS: Final[dict[str, Operation]] = {
    OP_CREATE: creating.CREATE,
    OP_REMOVE: lifecycle.REMOVE,
    OP_STARTUP: lifecycle.STARTUP,
    OP_SHUTDOWN: lifecycle.SHUTDOWN,
    OP_REBOOT: lifecycle.REBOOT,
    OP_SET_PARAMS: modifying.SET_PARAMS,
    OP_GROW_DISK: growing.GROW_DISK,
    OP_EXPORT: exporting.EXPORT,
    OP_MIGRATE: moving.MIGRATE,
    OP_FAILOVER: moving.FAILOVER,
    "OP_INSTANCE_REINSTALL": lifecycle.REINSTALL,
    "OP_TAGS_SET": tagging.TAGS_SET,
    "OP_TAGS_DEL": tagging.TAGS_DEL,
    "OP_NETWORK_ADD": networking.ADD,
    "OP_NETWORK_REMOVE": networking.REMOVE,
    "OP_NETWORK_CONNECT": networking.CONNECT,
    "OP_NETWORK_DISCONNECT": networking.DISCONNECT,
}
