"""What Ganeti's hooks run: leave a note of an instance's interfaces in the event daemon's spool. Nothing else.

A hook holds up its job, so this is the standard library only (no message structs, no AMQP client), one small file and
no waiting: a few milliseconds on top of the interpreter's start. It always exits 0, writes on the master only, and
leaves paths alone that it does not know. The file is a ``NicSeen`` observation as JSON; ``eventd`` ships it. Symlink
``snf-ganeti-hook`` into ``/etc/ganeti/hooks/instance-{add,modify,…}-post.d`` (a name without a dot: Ganeti skips others).

Facts of the environment (observed on 3.0.2): ``GANETI_INSTANCE_*`` are the values before the operation, also in the
post phase, where ``GANETI_POST_INSTANCE_*`` are the new ones. A routed interface has no ``BRIDGE``; one on a network has
``NETWORK_*``; without a name or address those are missing or empty.
"""

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path

SPOOL = "/var/spool/synnefo/ganeti"
SPOOL_VARIABLE = "SYNNEFO_SPOOL_DIR"  # Ganeti clears the environment of hooks: for tests and the simulator
PATHS = frozenset(
    f"instance-{verb}"
    for verb in ("add", "start", "stop", "reboot", "modify", "rename", "reinstall", "remove", "migrate", "failover")
)
MOST_NICS = 64
MOST_FILES = 10_000  # nobody reads them any more: leave it
_FIELDS = {
    "name": "NAME",
    "mac": "MAC",
    "ip": "IP",
    "uuid": "UUID",
    "network": "NETWORK_NAME",
    "mode": "MODE",
    "vlan": "VLAN",
}


def main(environment: Mapping[str, str]) -> int:
    """Always 0: a note that cannot be left is no reason to disturb an operation."""
    try:
        if on_master(environment.get("GANETI_MASTER", ""), os.uname().nodename):
            seen = observed(environment, time.time_ns())
            if seen:
                leave(seen, environment.get(SPOOL_VARIABLE) or SPOOL)
    except Exception as error:  # noqa: BLE001 - see above
        sys.stderr.write(f"snf-ganeti-hook: {error!r}\n")
    return 0


def on_master(master: str, node: str) -> bool:
    """Is this node the master? One of the two names may lack its domain. No DNS: it may hang."""
    if not master or "." not in node or "." not in master:
        return bool(master) and master.partition(".")[0] == node.partition(".")[0]
    return master == node


def observed(environment: Mapping[str, str], now: int) -> dict[str, object] | None:
    """The observation an environment amounts to, or None when it is not for us. ``now`` in nanoseconds since 1970."""
    path, phase = environment.get("GANETI_HOOKS_PATH", ""), environment.get("GANETI_HOOKS_PHASE", "")
    prefix = "GANETI_POST_INSTANCE_" if "GANETI_POST_INSTANCE_NAME" in environment else "GANETI_INSTANCE_"
    instance = _text(environment, f"{prefix}NAME")
    if path not in PATHS or phase != "post" or not instance:
        return None
    return {
        "type": "nic-seen",
        "cluster": _text(environment, "GANETI_CLUSTER"),
        "instance": instance,
        "path": path,
        "phase": phase,
        "nics": [_nic(environment, f"{prefix}NIC{index}_") for index in range(_count(environment, prefix))],
        "at": now / 1e9,
        "serial": f"{now}-{os.getpid()}",
    }


def _count(environment: Mapping[str, str], prefix: str) -> int:
    count = environment.get(f"{prefix}NIC_COUNT", "")
    return min(int(count), MOST_NICS) if re.fullmatch("[0-9]{1,4}", count) else 0


def _nic(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    nic = {field: _text(environment, prefix + name) for field, name in _FIELDS.items()}
    return {**nic, "link": _text(environment, f"{prefix}LINK") or _text(environment, f"{prefix}BRIDGE")}


def _text(environment: Mapping[str, str], name: str) -> str:
    """A value as text that is valid anywhere: the environment may hold any bytes."""
    return environment.get(name, "").encode("utf-8", "replace").decode()


def leave(seen: dict[str, object], spool: str) -> None:
    """Write the file under another name, give it to the spool's owner, rename it."""
    folder = Path(spool)
    if sum(1 for _ in folder.iterdir()) >= MOST_FILES:
        raise OSError(f"{spool} is full: does eventd run?")
    order, process = str(seen["serial"]).split("-")
    name = f"{int(order):020d}-{process}.net.json"
    hidden = folder / f".{name}.tmp"
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
        owner = folder.stat()
        if os.geteuid() == 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        json.dump(seen, file)
    hidden.rename(folder / name)


if __name__ == "__main__":
    sys.exit(main(os.environ))
