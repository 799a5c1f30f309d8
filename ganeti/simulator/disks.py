"""Disks of an instance: made, added, named, removed, and moved from one instance to another by ``detach`` and ``attach``.

Called by the opcodes that create and modify. A disk that was detached is on no instance: the remote API shows it nowhere, and
``attach`` finds it by its name or UUID. Results and error texts are Ganeti's (observed on 3.0.2: docs/decisions/0029).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ganeti.simulator.errors import INVALID, NOT_UNIQUE, OpError
from ganeti.simulator.interfaces import found, insertion, nothing_said
from ganeti.simulator.model import Disk, Instance
from ganeti.simulator.world import World

Change = tuple[Any, Any, dict[str, Any]]
DISKLESS = "diskless"
_KIBI = 1024
_EXISTING = frozenset({"remove", "detach", "modify"})
_OF_A_NODE = frozenset({"file", "plain", "drbd"})  # templates whose disks are on the node that they were made on


def new_disk(world: World, given: dict[str, Any]) -> Disk:
    """A disk of ``size`` MiB."""
    size = given.get("size")
    if not isinstance(size, int) or size <= 0:
        raise OpError("Missing disk size" if size is None else f"Invalid disk size '{size}'", INVALID)
    return Disk(uuid=world.chance.uuid(), size=size, name=given.get("name"), mode=disk_mode(given, "rw"))


def in_words(mebibytes: int) -> str:
    """A size as Ganeti says it."""
    if mebibytes < _KIBI:
        return f"{mebibytes}M"
    gibibytes = mebibytes / _KIBI
    return f"{gibibytes:.1f}G" if gibibytes < _KIBI else f"{gibibytes / _KIBI:.1f}T"


def disk_mode(given: dict[str, Any], default: str) -> str:
    """``ro`` or ``rw``. Raises ``OpError``."""
    mode = str(given.get("mode") or default)
    if mode not in {"ro", "rw"}:
        raise OpError(f"Invalid disk access mode '{mode}'", INVALID)
    return mode


def check(world: World, instance: Instance, changes: Sequence[Change]) -> None:
    """What is refused before anything is done. Raises ``OpError``."""
    names = {disk.name for disk in instance.disks if disk.name}
    for verb, which, parameters in changes:
        if verb in _EXISTING and _is_word(which) and not any(which in {one.name, one.uuid} for one in instance.disks):
            raise OpError(f"Lookup of disk '{which}' failed")
        if verb == "add" and instance.disk_template == DISKLESS:
            raise OpError("Must specify disk type on diskless instance", INVALID)
        if verb == "attach":
            _check_attach(world, instance, parameters)
        if verb in {"add", "attach"} and parameters.get("name") in names:
            raise OpError(f"disk name '{parameters['name']}' already used", NOT_UNIQUE)


def _is_word(which: Any) -> bool:
    """A name or a UUID, and no index."""
    return isinstance(which, str) and not which.lstrip("-").isdigit()


def _check_attach(world: World, instance: Instance, wanted: dict[str, Any]) -> None:
    if len(wanted) != 1 or not wanted.keys() <= {"name", "uuid"}:
        raise OpError("Only one argument is permitted in attach op, either name or uuid", INVALID)
    disk, home = _known(world, wanted)
    template = home.disk_template if home else disk.template
    if instance.disk_template not in {template, DISKLESS}:
        raise OpError(f"Instance has '{instance.disk_template}' template while disk has '{template}' template", INVALID)
    there, here = world.uuid_of(home.node if home else disk.node), world.uuid_of(instance.node)
    if template in _OF_A_NODE and there != here:
        raise OpError(f"Disk nodes are ['{there}'] while the instance's nodes are ('{here}',)", INVALID)


def _known(world: World, wanted: dict[str, Any]) -> tuple[Disk, Instance | None]:
    """The disk meant, and the instance that has it."""
    every: list[tuple[Disk, Instance | None]] = [(disk, None) for disk in world.identity.loose]
    every += [(disk, one) for one in world.instances.values() for disk in one.disks]
    (kind, value), *_ = wanted.items()
    meant = [pair for pair in every if getattr(pair[0], kind) == value]
    if not meant:
        raise OpError(f"No disk was found with this {'UUID' if kind == 'uuid' else kind}: {value}", INVALID)
    if len(meant) > 1:
        raise OpError(f"There are {len(meant)} disks with this name: {value}", kind="ConfigurationError")
    return meant[0]


class Shelf:
    """The disks that no instance has, as they are becoming: :meth:`put_back` when all has gone well."""

    def __init__(self, world: World) -> None:
        self._world, self._loose = world, list(world.identity.loose)

    def put_back(self) -> None:
        self._world.loosen(self._loose)

    def changed(self, instance: Instance, changes: Sequence[Change]) -> Iterator[list[Any]]:
        """Apply changes, and say what was changed."""
        for verb, which, parameters in changes:
            if verb in {"add", "attach"}:
                yield self._came(instance, verb, which, parameters)
                continue
            place, disk = found(instance.disks, which, "disk")
            if verb == "modify":
                disk.name, disk.mode = parameters.get("name", disk.name), disk_mode(parameters, disk.mode)
                yield [f"disk.name/{place}", disk.name]
                continue
            nothing_said(verb, parameters, "disk")
            del instance.disks[place]
            if verb == "detach":
                where = {"node": instance.node, "template": instance.disk_template}
                self._loose.append(msgspec.structs.replace(disk, **where))
            yield [f"disk/{place}", str(verb)]

    def _came(self, instance: Instance, verb: str, which: Any, parameters: dict[str, Any]) -> list[Any]:
        place = insertion(instance.disks, which, "disk")
        disk = new_disk(self._world, parameters) if verb == "add" else self._taken(instance, parameters)
        instance.disks.insert(place, disk)
        return [f"disk/{place}", f"{verb}:size={disk.size},mode={disk.mode}"]

    def _taken(self, instance: Instance, wanted: dict[str, Any]) -> Disk:
        """A real one has moved the file of one that is attached before it finds that out, and of a template with files it has
        no directory for the first of an instance without disks."""
        disk, home = _known(self._world, wanted)
        if home:
            raise OpError(f'Disk {disk.uuid} already attached to instance "{home.name}"', kind="ReservationError")
        if instance.disk_template == DISKLESS:
            raise OpError("Failed before attach: Can't rename device: No such file or directory", kind="OpExecError")
        self._loose.remove(disk)
        return msgspec.structs.replace(disk, node="", template="")
