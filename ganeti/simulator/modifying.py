"""OP_INSTANCE_SET_PARAMS and tags: interfaces, disks, backend and hypervisor parameters of an instance that exists.

Interfaces are addressed by index (-1 the last), name or UUID. What was generated is written back into the opcode's input,
as Ganeti does.
"""

import copy
import re
from collections.abc import Iterable
from typing import Any

from ganeti.simulator.errors import INVALID, UNKNOWN, OpError
from ganeti.simulator.interfaces import changed_nic, found, insertion, new_disk, new_nic, upgraded
from ganeti.simulator.model import Instance
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock, known_instance
from ganeti.simulator.world import World

_CHANGES = ("nics", "disks", "beparams", "hvparams", "osparams", "disk_template", "os_name", "offline", "runtime_mem")
_TAG = re.compile(r"[\w.+*/:@-]+", re.ASCII)
_LONGEST_TAG = 128


def _check(world: World, given: Given) -> None:
    if not any(given[name] or given[name] is False for name in _CHANGES):
        raise OpError("No changes submitted", INVALID)
    known_instance(world, given)


def _script(world: World, given: Given) -> list[Line]:
    given["nics"], given["disks"] = upgraded(given["nics"]), upgraded(given["disks"])
    hot = given["hotplug"] or given["hotplug_if_possible"]
    if not hot or not (given["nics"] or given["disks"]):
        return [Line(effect="change")]
    instance = world.instance(given["instance_name"])
    if instance.hypervisor == "kvm" and instance.running:
        return [Line(" - INFO: Trying to hotplug device..."), Line(" - INFO: Hotplug done.", "change_hot")]
    why = "by this hypervisor" if instance.hypervisor != "kvm" else "for an instance that is down"
    return [
        Line(f" - WARNING: Hotplug is not supported: Hotplug is not supported {why}"),
        Line(" - INFO: Modification will take place without hotplugging.", "change"),
    ]


def _change(world: World, given: Given, now: float) -> Outcome:
    instance = copy.deepcopy(world.instance(given["instance_name"]))  # all changes, or none when one is refused
    messages: list[str] = []
    done = [*_nics(world, instance, given, messages), *_disks(world, instance, given)]
    for prefix, name in (("be", "beparams"), ("hv", "hvparams")):
        done += _parameters(getattr(instance, name), given[name], prefix)
    instance.os = given["os_name"] or instance.os
    world.keep(instance, now)
    return Outcome(tuple(messages), done)


def _change_hot(world: World, given: Given, now: float) -> Outcome:
    outcome = _change(world, given, now)
    done = [
        line for one in outcome.result for line in ([one, [one[0], "hotplug:done"]] if _is_device(one[0]) else [one])
    ]
    return Outcome(outcome.messages, done)


def _is_device(name: str) -> bool:
    return bool(re.fullmatch(r"(nic\.|NIC/|disk[./])\d+", name))


def _nics(world: World, instance: Instance, given: Given, messages: list[str]) -> Iterable[list[Any]]:
    done: list[list[Any]] = []
    for verb, which, parameters in given["nics"]:
        if verb == "add":
            place = insertion(instance.nics, which, "NIC")
            nic = new_nic(world, parameters, instance.nics, conflicts_check=given["conflicts_check"])
            if nic.ip and nic.network:
                said = "Chose IP {} from" if parameters.get("ip") == "pool" else "Reserving IP {} in"
                messages.append(f" - INFO: {said.format(nic.ip)} network {world.network(nic.network).name}")
            instance.nics.insert(place, nic)
            parameters.update({"mac": nic.mac} | ({"ip": nic.ip} if nic.ip else {}))
            network = world.network(nic.network).name if nic.network else None
            text = f"add:mac={nic.mac},ip={nic.ip},mode={nic.mode},link={nic.link},network={network}"
            done.append([f"nic.{place}", text])
        else:
            done += _existing_nic(world, instance, (verb, which, parameters), given)
    return done


def _existing_nic(world: World, instance: Instance, change: tuple[Any, Any, Any], given: Given) -> list[list[Any]]:
    verb, which, parameters = change
    place, nic = found(instance.nics, which, "NIC")
    if verb == "modify":
        told = changed_nic(world, nic, parameters, conflicts_check=given["conflicts_check"])
        return [[f"nic.{key}/{place}", value] for key, value in told]
    _nothing_said(verb, parameters, "NIC")
    del instance.nics[place]
    return [[f"NIC/{place}", "remove"]]


def _disks(world: World, instance: Instance, given: Given) -> Iterable[list[Any]]:
    for verb, which, parameters in given["disks"]:
        if verb == "add":
            place = insertion(instance.disks, which, "disk")
            disk = new_disk(world, parameters)
            instance.disks.insert(place, disk)
            yield [f"disk/{place}", f"add:size={disk.size},mode={disk.mode}"]
            continue
        place, disk = found(instance.disks, which, "disk")
        if verb == "modify":
            disk.name, disk.mode = parameters.get("name", disk.name), parameters.get("mode", disk.mode)
            yield [f"disk.name/{place}", disk.name]
            continue
        _nothing_said(verb, parameters, "disk")
        del instance.disks[place]
        yield [f"disk/{place}", "remove"]


def _nothing_said(verb: Any, parameters: Any, kind: str) -> None:
    if verb != "remove":
        raise OpError(f"Unhandled operation '{verb}'", kind="ProgrammerError")
    if parameters:
        raise OpError(f"No settings should be passed when removing or detaching a {kind}", INVALID)


def _parameters(current: dict[str, Any], wanted: dict[str, Any], prefix: str) -> list[list[Any]]:
    """``default`` takes a parameter back to the cluster's."""
    for key, value in wanted.items():
        if value == "default":
            current.pop(key, None)
        else:
            current[key] = value
    return [[f"{prefix}/{key}", value] for key, value in wanted.items()]


def checked_tags(tags: Iterable[str]) -> None:
    """Raises ``OpError`` as Ganeti does."""
    for tag in tags:
        if not tag or len(tag) > _LONGEST_TAG:
            raise OpError(f"Tag too long (maximum {_LONGEST_TAG})" if tag else "Tag empty", kind="TagError")
        if not _TAG.fullmatch(tag):
            raise OpError("Tag contains invalid characters", kind="TagError")


def _tags(world: World, given: Given) -> list[str]:
    """The list that an opcode is about: an instance's or the cluster's."""
    return world.instance(given["name"]).tags if given["kind"] == "instance" else world.identity.tags


def _check_tags(world: World, given: Given) -> None:
    checked_tags(given["tags"])
    _tags(world, given)


def _check_present(world: World, given: Given) -> None:
    missing = sorted(set(given["tags"]) - set(_tags(world, given)))
    if missing:
        raise OpError("Tag(s) " + ", ".join(f"'{tag}'" for tag in missing) + " not found", UNKNOWN)


def _set_tags(world: World, given: Given, now: float) -> Outcome:
    return _retagged(world, given, now, set(_tags(world, given)) | set(given["tags"]))


def _delete_tags(world: World, given: Given, now: float) -> Outcome:
    return _retagged(world, given, now, set(_tags(world, given)) - set(given["tags"]))


def _retagged(world: World, given: Given, now: float, tags: set[str]) -> Outcome:
    _tags(world, given)[:] = sorted(tags)
    if given["kind"] == "instance":
        world.keep(world.instance(given["name"]), now)
    else:
        world.identified().mtime = now
    return Outcome()


def _tag_lock(given: Given) -> str:
    return f"{given['kind']}/{given['name'] or ''}"


SET_PARAMS = Operation(
    hook="instance-modify",
    lock=instance_lock,
    check=_check,
    script=_script,
    effects={"change": _change, "change_hot": _change_hot},
)
TAGS_SET = Operation(
    lock=_tag_lock, check=_check_tags, script=lambda _world, _given: [Line(effect="set")], effects={"set": _set_tags}
)
TAGS_DEL = Operation(
    lock=_tag_lock,
    check=_check_present,
    script=lambda _world, _given: [Line(effect="delete")],
    effects={"delete": _delete_tags},
)
