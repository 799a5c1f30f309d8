"""Interfaces of an instance: made from what a caller gives, found by index, name or UUID (as ``disks`` are), added and removed.

Called by the opcodes that create and modify. Results and error texts are Ganeti's.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from ganeti.simulator import addresses
from ganeti.simulator.errors import INVALID, UNKNOWN, OpError
from ganeti.simulator.model import Disk, Nic
from ganeti.simulator.world import World

Item = TypeVar("Item", Nic, Disk)

_UNSET = {None, "none"}
_GENERATED = {None, "auto", "generate"}
_CHOICE = ("mode", "link", "vlan")


def new_nic(world: World, given: dict[str, Any], others: Sequence[Nic], *, conflicts_check: bool) -> Nic:
    """An interface as a caller describes it. ``others`` are those being made with it; their addresses are taken."""
    network = None if given.get("network") in _UNSET else world.network(given["network"])
    if network and (given.get("mode") or given.get("link")):
        raise OpError("If network is given, no mode or link is allowed to be passed", INVALID)
    mode, link, vlan = world.connection(network) if network else _chosen(world, given)
    prefix = (network and network.mac_prefix) or world.settings.mac_prefix
    nic = Nic(
        uuid=world.chance.uuid(),
        mac=_mac(world, given.get("mac"), prefix, others),
        name=None if given.get("name") in _UNSET else given["name"],
        network=network.uuid if network else None,
        mode=mode,
        link=link,
        vlan=vlan,
        chosen={"mode": mode, "link": link, "vlan": vlan} if network else _own(given),
    )
    nic.ip = new_ip(world, nic, given.get("ip"), others, conflicts_check=conflicts_check)
    return nic


def new_ip(world: World, nic: Nic, wanted: str | None, others: Sequence[Nic], *, conflicts_check: bool) -> str | None:
    """The address a caller asks for: one of the pool, one given, or none."""
    if wanted in _UNSET:
        return None
    if nic.network is None:
        if wanted == "pool":
            raise OpError("if ip=pool, parameter network must be passed too", INVALID)
        return addresses.address(str(wanted))
    network = world.network(nic.network)
    used = [*world.addresses(network), *(one.ip for one in others if one.network == network.uuid and one.ip)]
    if wanted == "pool":
        return addresses.pick(network, used)
    return addresses.claim(network, addresses.address(str(wanted)), used, conflicts_check=conflicts_check)


def changed_nic(world: World, nic: Nic, given: dict[str, Any], *, conflicts_check: bool) -> list[list[Any]]:
    """Apply a ``modify`` and say what was changed, without the index."""
    if "name" in given:
        nic.name = None if given["name"] in _UNSET else given["name"]
    if given.get("mac"):
        nic.mac = _mac(world, given["mac"], world.settings.mac_prefix, ())
    for key in _CHOICE:
        if given.get(key):
            setattr(nic, key, given[key])
            nic.chosen[key] = given[key]
    if "ip" in given and given["ip"] != nic.ip:
        nic.ip = new_ip(world, nic, given["ip"], (), conflicts_check=conflicts_check)
    said = {"mac": nic.mac, "ip": nic.ip, "name": nic.name}
    parts = {key: said[key] for key in said if key in given} | {
        key: getattr(nic, key) for key in ("link", "mode", "vlan")
    }
    return [[key, value] for key, value in parts.items()]


def upgraded(changes: Sequence[list[Any]]) -> list[list[Any]]:
    """The older pairs as triples: ``["add", {…}]`` → ``["add", -1, {…}]``, ``[1, {…}]`` → ``["modify", 1, {…}]``."""
    return [
        one if len(one) == 3 else _triple(one[0], one[1])  # noqa: PLR2004 - verb, which, parameters
        for one in changes
    ]


def found(items: Sequence[Item], which: int | str, kind: str) -> tuple[int, Item]:
    """An item and its place, by index (-1 is the last), name or UUID."""
    index = _index(which)
    if index is None:
        for place, item in enumerate(items):
            if which in {item.uuid, item.name}:
                return place, item
        raise OpError(f"Cannot find {kind} with identifier {which}", UNKNOWN)
    if index < -1:
        raise OpError("Not accepting negative indices other than -1", kind="OpExecError")
    if index >= len(items) or not items:
        raise OpError(f"Got {kind} index {index}, but there are only {len(items)}", kind="OpExecError")
    place = index % len(items)
    return place, items[place]


def insertion(items: Sequence[Item], which: int | str, kind: str) -> int:
    """Where a new item goes: -1 is the end."""
    index = _index(which)
    if index is None:
        raise OpError("Only positive integer or -1 is accepted", INVALID)
    if index < -1 or index > len(items):
        raise OpError(f"Got {kind} index {index}, but there are only {len(items)}", kind="OpExecError")
    return len(items) if index == -1 else index


def nothing_said(verb: Any, parameters: Any, kind: str) -> None:
    """Of what is removed or detached. Raises ``OpError``."""
    if verb not in {"remove", "detach"}:
        raise OpError(f"Unhandled operation '{verb}'", kind="ProgrammerError")
    if parameters:
        raise OpError(f"No settings should be passed when removing or detaching a {kind}", INVALID)


def _index(which: int | str) -> int | None:
    try:
        return int(which)
    except ValueError:
        return None


def _triple(verb: Any, parameters: Any) -> list[Any]:
    return [verb, -1, parameters] if verb in {"add", "attach", "remove", "detach"} else ["modify", verb, parameters]


def _chosen(world: World, given: dict[str, Any]) -> tuple[str, str, str]:
    mode = given.get("mode") or "bridged"
    return mode, given.get("link") or world.settings.link, given.get("vlan") or ""


def _own(given: dict[str, Any]) -> dict[str, str]:
    return {key: given[key] for key in _CHOICE if given.get(key)}


def _mac(world: World, wanted: str | None, prefix: str, others: Sequence[Nic]) -> str:
    taken = world.macs() | {one.mac for one in others}
    if wanted in _GENERATED:
        return addresses.new_mac(prefix, taken, world.chance)
    return addresses.given_mac(str(wanted), taken)
