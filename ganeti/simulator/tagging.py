"""OP_TAGS_SET and OP_TAGS_DEL: the tags of an instance or of the cluster, and what a tag may be."""

import re
from collections.abc import Iterable

from ganeti.simulator.errors import UNKNOWN, OpError
from ganeti.simulator.operation import Given, Line, Operation, Outcome
from ganeti.simulator.world import World

_TAG = re.compile(r"[\w.+*/:@-]+", re.ASCII)
_LONGEST_TAG = 128


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


TAGS_SET = Operation(
    lock=_tag_lock, check=_check_tags, script=lambda _world, _given: [Line(effect="set")], effects={"set": _set_tags}
)
TAGS_DEL = Operation(
    lock=_tag_lock,
    check=_check_present,
    script=lambda _world, _given: [Line(effect="delete")],
    effects={"delete": _delete_tags},
)
