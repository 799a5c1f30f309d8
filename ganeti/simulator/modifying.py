"""OP_INSTANCE_SET_PARAMS: interfaces, disks, backend and hypervisor parameters of an instance that exists.

Interfaces are addressed by index (-1 the last), name or UUID. What was generated is written back into the opcode's input,
as Ganeti does.
"""

import copy
import re
from collections.abc import Iterable
from typing import Any

from ganeti.simulator import disks, passwords
from ganeti.simulator.errors import INVALID, NO_RESOURCES, STATE, OpError
from ganeti.simulator.interfaces import changed_nic, found, insertion, new_nic, nothing_said, upgraded
from ganeti.simulator.model import Instance
from ganeti.simulator.operation import Given, Line, Operation, Outcome, instance_lock, known_instance
from ganeti.simulator.parameters import beparams
from ganeti.simulator.world import DEFAULT_BEPARAMS, World
from ganeti.vocabulary import PAUSED_TAG

_CHANGES = ("nics", "disks", "beparams", "hvparams", "osparams", "disk_template", "os_name", "offline", "runtime_mem")


def _check(world: World, given: Given) -> None:
    if not any(given[name] or given[name] is False for name in _CHANGES):
        raise OpError("No changes submitted", INVALID)
    known_instance(world, given)
    given["nics"], given["disks"] = upgraded(given["nics"]), upgraded(given["disks"])
    instance = world.instance(given["instance_name"])
    disks.check(world, instance, given["disks"])
    _check_memory(world, instance, given)
    _check_runtime(world, instance, given)


def _check_memory(world: World, instance: Instance, given: Given) -> None:
    before, after = world.beparams(instance), DEFAULT_BEPARAMS | beparams(given["beparams"], instance.beparams)
    if given["force"] or after["maxmem"] <= before["maxmem"]:
        return
    has = instance.memory if instance.running else 0
    missing = int(after["maxmem"]) - has - world.memory_free(world.node(instance.node))
    if missing > 0:
        what = f"due to {missing} MB of memory missing on its primary node"
        raise OpError(f"This change will prevent the instance from starting, {what}", NO_RESOURCES)


def _check_runtime(world: World, instance: Instance, given: Given) -> None:
    """A guest is given other memory while it runs."""
    if not given["runtime_mem"]:
        return
    if not instance.running:
        raise OpError(f"Instance {instance.name} is not running", STATE)
    least, most = (int(world.beparams(instance)[name]) for name in ("minmem", "maxmem"))
    if not given["force"] and not least <= given["runtime_mem"] <= most:
        bounds = f"between {least} and {most} MB of memory unless --force is given"
        raise OpError(f"Instance {instance.name} must have memory {bounds}", INVALID)


def _script(world: World, given: Given) -> list[Line]:
    if given["runtime_mem"] and world.tells:
        name = given["instance_name"]
        world.passwords.setdefault(name, {}).update(passwords.wanted(world.tells, world.instance(name)))
    hot = given["hotplug"] or given.get("hotplug_if_possible")
    if not hot or not (given["nics"] or given["disks"]):
        return [Line(effect="change")]
    instance = world.instance(given["instance_name"])
    if instance.hypervisor == "kvm" and instance.running:
        return [Line(" - INFO: Trying to hotplug device..."), Line(effect="change_hot")]
    why = "by this hypervisor" if instance.hypervisor != "kvm" else "for an instance that is down"
    return [
        Line(f" - WARNING: Hotplug is not supported: Hotplug is not supported {why}"),
        Line(" - INFO: Modification will take place without hotplugging.", "change"),
    ]


def _change(world: World, given: Given, now: float) -> Outcome:
    instance = copy.deepcopy(world.instance(given["instance_name"]))  # all changes, or none when one is refused
    messages: list[str] = []
    shelf = disks.Shelf(world)
    done = [*_nics(world, instance, given, messages), *shelf.changed(instance, given["disks"])]
    instance.beparams = beparams(given["beparams"], instance.beparams)
    instance.hvparams = _changed_hvparams(instance.hvparams, given["hvparams"])
    done += [[f"be/{key}", value] for key, value in given["beparams"].items()]
    done += [[f"hv/{key}", value] for key, value in given["hvparams"].items()]
    instance.os = given["os_name"] or instance.os
    if given["runtime_mem"]:  # the nodes have our hook (snf-pause-hook)
        instance.memory, instance.paused = int(given["runtime_mem"]), PAUSED_TAG in instance.tags
        done = [["runtime_memory", given["runtime_mem"]], *done]
    world.keep(instance, now)
    shelf.put_back()
    return Outcome(tuple(messages), done)


def _change_hot(world: World, given: Given, now: float) -> Outcome:
    takes = any(verb == "detach" for verb, *_ in given["disks"])
    held = world.faults.device(given["instance_name"]) if takes else None
    outcome = _change(world, given, now)
    became = "hotplug:failed" if held else "hotplug:done"
    done = [line for one in outcome.result for line in ([one, [one[0], became]] if _is_device(one[0]) else [one])]
    if held:
        warning = f" - WARNING: Could not hotplug device: {held.message}"
        return Outcome((*outcome.messages, warning, " - INFO: Continuing execution.."), done)
    return Outcome((*outcome.messages, " - INFO: Hotplug done."), done)


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
    nothing_said(verb, parameters, "NIC")
    del instance.nics[place]
    return [[f"NIC/{place}", "remove"]]


def _changed_hvparams(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """``default`` takes a parameter back to the cluster's. Which there are depends on the hypervisor; any is taken."""
    kept = {key: value for key, value in current.items() if key not in wanted}
    return kept | {key: value for key, value in wanted.items() if value != "default"}


SET_PARAMS = Operation(
    hook="instance-modify",
    lock=instance_lock,
    check=_check,
    script=_script,
    effects={"change": _change, "change_hot": _change_hot},
)
