"""Ganeti's words, and ours inside Ganeti: opcodes, statuses, tags, reasons and names.

Plain data and pure functions. Used by the RAPI client, the job-file parser, the event daemon, the simulator, the
adapter ``logic.backends.ganeti`` and the pure reactions (ranks and final statuses). Where Ganeti's versions differ,
the difference is in ``versions``.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

OP_CREATE: Final = "OP_INSTANCE_CREATE"
OP_REMOVE: Final = "OP_INSTANCE_REMOVE"
OP_STARTUP: Final = "OP_INSTANCE_STARTUP"
OP_SHUTDOWN: Final = "OP_INSTANCE_SHUTDOWN"
OP_REBOOT: Final = "OP_INSTANCE_REBOOT"
OP_REINSTALL: Final = "OP_INSTANCE_REINSTALL"
OP_SET_PARAMS: Final = "OP_INSTANCE_SET_PARAMS"
OP_SET_TAGS: Final = "OP_TAGS_SET"
OP_DELETE_TAGS: Final = "OP_TAGS_DEL"
OP_GROW_DISK: Final = "OP_INSTANCE_GROW_DISK"
OP_EXPORT: Final = "OP_BACKUP_EXPORT"
OP_MIGRATE: Final = "OP_INSTANCE_MIGRATE"
OP_FAILOVER: Final = "OP_INSTANCE_FAILOVER"
OP_NETWORK_ADD: Final = "OP_NETWORK_ADD"
OP_NETWORK_CONNECT: Final = "OP_NETWORK_CONNECT"
OP_NETWORK_REMOVE: Final = "OP_NETWORK_REMOVE"

QUEUED: Final = "queued"
WAITING: Final = "waiting"
RUNNING: Final = "running"
CANCELING: Final = "canceling"
CANCELED: Final = "canceled"
ERROR: Final = "error"
SUCCESS: Final = "success"

# Not a word of Ganeti's: the cluster no longer knows the job.
LOST: Final = "lost"

# How far an operation has come. Ganeti never goes back; equal rank means the same moment told in another word.
RANK: Final[dict[str, int]] = {
    QUEUED: 0, WAITING: 1, RUNNING: 2, CANCELING: 3, CANCELED: 4, ERROR: 4, SUCCESS: 4, LOST: 5,
}  # fmt: skip

# The seven words Ganeti uses.
STATUSES: Final = frozenset(RANK) - {LOST}

# What Ganeti will not change any more; also what ``depends`` waits for.
FINAL: Final = frozenset({SUCCESS, ERROR, CANCELED})

# The status RAPI gives an instance → ours. The cluster's ADMIN_ words are what was asked, ERROR_ is where reality
# differs: ERROR_up runs although it should not, ERROR_wrongnode runs elsewhere; of an instance whose node does not
# answer nobody can say that it serves its owner.
INSTANCE_STATUS: Final[dict[str, str]] = {
    "running": "running",
    "ERROR_up": "running",
    "ERROR_wrongnode": "running",
    "ADMIN_down": "stopped",
    "ADMIN_offline": "stopped",
    "USER_down": "stopped",
    "ERROR_down": "crashed",
    "ERROR_nodedown": "crashed",
    "ERROR_nodeoffline": "crashed",
}

# Its node does not answer Ganeti's master, which may be overloaded as well as dead: of the instance that says nothing. That a
# node is given up is an operator's word (``ERROR_nodeoffline``).
SILENT: Final = frozenset({"ERROR_nodedown"})

# Its node was given up: nothing there runs any more that the cluster knows of.
GIVEN_UP: Final = frozenset({"ERROR_nodeoffline"})

# Down although it should be up, and its node answers: a guest that died or ended by itself, or one that a job has down for
# a moment.
UNASKED: Final = frozenset({"ERROR_down", "USER_down"})

# The error code Ganeti gives with "Instance … not known", and with a name that is taken.
UNKNOWN_ENTITY: Final = "unknown_entity"
ALREADY_EXISTS: Final = "already_exists"

_SERVER_TAG: Final = "synnefo:server:"
PAUSED_TAG: Final = "synnefo:paused"  # of an instance whose guest is to stand still (``snf-pause-hook``)
# And an order's id, by which its node asks what it is to set in a guest (``snf-password-hook``).
PASSWORD_TAG: Final = "synnefo:password:"  # noqa: S105 - no password
_REASON: Final = "synnefo:"
_COMMAND: Final = re.compile(r"synnefo:([0-9A-Za-z-]{1,64})")
_PART: Final = re.compile(r"synnefo-part:([0-9A-Za-z-]{1,64})")
_DEPENDENCY: Final = re.compile(r"Dependency job ([0-9]{1,15}) finished with status 'error', not one of .*")
_OBJECT: Final = re.compile(r"[A-Z_]+\((.+)\)")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")


def password_tags(tags: Iterable[str]) -> list[str]:
    """Those by which nodes ask for passwords, of an order under way or of earlier ones."""
    return sorted(tag for tag in tags if tag.startswith(PASSWORD_TAG))


def instance_status(word: str) -> str:
    """``running``, ``stopped`` or ``crashed``; a word of a newer Ganeti that we do not know counts as crashed."""
    return INSTANCE_STATUS.get(word, "crashed")


def why_down(word: str, *, tells: bool) -> str:
    """Why an instance is down that nobody asked to be: ``shutdown`` (the guest ended by itself), ``crash`` (it died), ``guest``
    (one of these), ``node`` (nobody can say); empty for all others. ``tells``: the cluster tells the first from the second."""
    if word in {"ERROR_nodedown", "ERROR_nodeoffline"}:
        return "node"
    return {"USER_down": "shutdown", "ERROR_down": "crash" if tells else "guest"}.get(word, "")


def object_of(summary: str) -> str:
    """What an operation is about: ``INSTANCE_REBOOT(snf-7)`` → ``snf-7``; empty for those that name nothing."""
    found = _OBJECT.fullmatch(summary)
    return found[1] if found else ""


def server_tag(server: str) -> str:
    """The tag that makes an instance ours: ``synnefo:server:<uuid>``."""
    return _SERVER_TAG + server


def server_of(tags: Iterable[str]) -> str:
    """The server uuid among an instance's tags; empty when it carries none."""
    return next((tag[len(_SERVER_TAG) :] for tag in sorted(tags) if tag.startswith(_SERVER_TAG)), "")


def reason_of(command: str) -> str:
    """The reason text that carries a command's id into the job: ``synnefo:<uuid>``."""
    return _REASON + command


def part_of(command: str) -> str:
    """The reason text of a job that only prepares a command's own: nobody takes it for that."""
    return f"synnefo-part:{command}"


def command_in(trail: Any) -> str:
    """The command id in a reason trail (entries ``[source, reason, nanoseconds]``); empty when there is none.

    Only an entry that is exactly our text counts: the server tag also begins with ``synnefo:``.
    """
    for entry in trail if isinstance(trail, list | tuple) else ():
        text = entry[1] if isinstance(entry, list | tuple) and len(entry) > 1 else None
        found = _COMMAND.fullmatch(text) if isinstance(text, str) else None
        if found:
            return found[1]
    return ""


def part_in(trail: Any) -> str:
    """The command id of a job that only prepares (:func:`part_of`); empty for all others."""
    for entry in trail if isinstance(trail, list | tuple) else ():
        text = entry[1] if isinstance(entry, list | tuple) and len(entry) > 1 else None
        found = _PART.fullmatch(text) if isinstance(text, str) else None
        if found:
            return found[1]
    return ""


UNMET: Final = "unmet"  # our code of the error of what was never begun, since a job had failed whose success it needed


def failed_by(error: str) -> int:
    """The job whose failure, by Ganeti's words, has failed an operation that needed its success; 0: it failed by itself."""
    found = _DEPENDENCY.fullmatch(error)
    return int(found[1]) if found else 0


def size_of(memory: int, vcpus: int) -> dict[str, int]:
    """The backend parameters of an instance that always has so many MiB and virtual processors."""
    return {"minmem": memory, "maxmem": memory, "vcpus": vcpus}


def instance_name(prefix: str, number: int) -> str:
    """``snf-`` and 7 → ``snf-7``."""
    return f"{prefix}{number}"


def number_of(prefix: str, name: str) -> int | None:
    """The number in an instance's name, or None when the name is not ours. Strict: no sign, space or leading zero."""
    rest = name[len(prefix) :] if name.startswith(prefix) else ""
    return int(rest) if _NUMBER.fullmatch(rest) else None


def nic_name(prefix: str, port: str) -> str:
    """``snf-`` and a port's uuid → ``snf-nic-<uuid>``."""
    return f"{prefix}nic-{port}"


def network_name(prefix: str, network: str) -> str:
    """``snf-`` and a network's uuid → ``snf-net-<uuid>``."""
    return f"{prefix}net-{network}"


def volume_name(prefix: str, volume: str) -> str:
    """``snf-`` and a volume's uuid → ``snf-volume-<uuid>``: its disk, and the instance that keeps this while no server has it."""
    return f"{prefix}volume-{volume}"


def is_volume(prefix: str, name: str) -> bool:
    """Is it the name of a volume's disk, or of the instance that keeps one?"""
    return name.startswith(f"{prefix}volume-")


def filling_name(prefix: str, volume: str) -> str:
    """The name of a volume's disk until it has its content; then it has :func:`volume_name`."""
    return f"{prefix}filling-{volume}"


def volume_tag(volume: str) -> str:
    """The tag of the instance that keeps a volume's disk: ``synnefo:volume:<uuid>``."""
    return f"synnefo:volume:{volume}"


def is_network(prefix: str, name: str) -> bool:
    """Is it the name of a network that we make on clusters?"""
    return name.startswith(f"{prefix}net-")


def config_disk_name(prefix: str, server: str) -> str:
    """``snf-`` and a server's uuid → ``snf-config-<uuid>``: the disk that holds its metadata, by which the OS definition
    ``synnefo-image`` knows it."""
    return f"{prefix}config-{server}"


def ephemeral_disk_name(prefix: str, server: str) -> str:
    """The disk beside the first that is gone with its server, and made anew with it; known in the same way."""
    return f"{prefix}ephemeral-{server}"


def swap_disk_name(prefix: str, server: str) -> str:
    """As before, the one to swap on."""
    return f"{prefix}swap-{server}"


def port_of(prefix: str, name: str) -> str:
    """The port uuid in an interface's name; empty when it is not ours."""
    start = f"{prefix}nic-"
    return name[len(start) :] if name.startswith(start) else ""
