"""A plan → the file from which a guest is given its addresses: ``/var/lib/nfdhcpd/<tap>``, in NFDHCPD's format.

``KEY=value`` a line, the value ends at a second ``=``; an empty value is an unset one, but for ``MTU``, which NFDHCPD takes for a
broken file and so is left out. Readers wait for the end of a write (inotify's close-write) and do not see a file that is
renamed into its place: it is written where it is.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from snf_node.beside import Leases
from snf_node.deciding import Plan

USUAL_MTU: Final = 1500


def binding(plan: Plan) -> str:
    """The file's text; empty when nothing is leased."""
    if not (plan.leased4 or plan.leased6):
        return ""
    nic, four, six = plan.nic, plan.leased4, plan.leased6
    values: dict[str, object] = {
        "INDEV": nic.place if nic.mode == "bridged" else nic.tap,
        "IP": plan.address if four else None,
        "MAC": nic.mac,
        "HOSTNAME": nic.instance,
        "TAGS": f'"{" ".join(sorted(tag for tag in nic.tags if not set(tag) & set(chr(34) + "=")))}"',
        "GATEWAY": plan.gateway if four else None,
        "SUBNET": plan.subnet if four else None,
        "GATEWAY6": plan.gateway6 if six else None,
        "SUBNET6": plan.subnet6 if six else None,
        "EUI64": plan.address6 if six else None,
    }
    mtu = plan.leases.mtu or plan.around.mtu
    if mtu and mtu != USUAL_MTU:
        values["MTU"] = mtu
    values |= {key: text for key, text in _told(plan.leases) if text}
    return "".join(f"{key}={'' if value is None else value}\n" for key, value in values.items())


def _told(leases: Leases) -> Iterator[tuple[str, str]]:
    """Keys of ours, which NFDHCPD leaves alone."""
    yield "NAMESERVERS", " ".join(leases.nameservers)
    yield "ROUTES", " ".join(f"{destination}>{nexthop}" for destination, nexthop in leases.routes)
    yield "OPTIONS", " ".join(f"{number}:{value.hex()}" for number, value in leases.options)


def keep(directory: Path, tap: str, text: str) -> None:
    """Written where it is not so already: who reads it is woken by a write."""
    path = directory / tap
    if not path.is_file() or path.read_text() != text:
        write(directory, tap, text)


def write(directory: Path, tap: str, text: str) -> None:
    """In one write, so that who reads too early finds it empty and not half. All may read it, whatever Ganeti's daemon keeps
    to itself: the server of addresses is nobody."""
    if not directory.is_dir():
        directory.mkdir(parents=True)
        directory.chmod(0o755)
    number = os.open(directory / tap, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        os.fchmod(number, 0o644)
        os.write(number, text.encode("ascii"))
    finally:
        os.close(number)


def remove(directory: Path, tap: str) -> None:
    (directory / tap).unlink(missing_ok=True)
