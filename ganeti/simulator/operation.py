"""What an opcode is to the machine that runs jobs: a lock, a check, a script of lines, and the effects it has.

Each opcode's own file (``creating``, ``lifecycle``, ``modifying``, ``networking``) makes one :class:`Operation`;
``operations`` lists them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ganeti.simulator.world import World

Given = dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What an effect had to say: log lines, and the opcode's result (None leaves the one before)."""

    messages: tuple[str, ...] = ()
    result: Any = None


Effect = Callable[[World, Given, float], Outcome]


class Line(msgspec.Struct, frozen=True):
    """A moment of an opcode's work: a log line, an effect by name, or both. Lines are spread over the working time. ``asks``: it
    takes as long as what is done outside for it."""

    message: str = ""
    effect: str = ""
    asks: bool = False


def no_check(_: World, __: Given) -> None:
    """Everything is allowed."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """``lock`` names what two jobs cannot work on at once. ``check`` raises ``OpError`` before the opcode counts as
    running, ``script`` may raise it after. ``hook`` is the directory's name without ``-post.d``."""

    lock: Callable[[Given], str]
    script: Callable[[World, Given], list[Line]]
    effects: Mapping[str, Effect]
    check: Callable[[World, Given], None] = no_check
    hook: str = ""


def instance_lock(given: Given) -> str:
    return f"instance/{given['instance_name']}"


def known_instance(world: World, given: Given) -> None:
    """Raises ``OpError`` with ``unknown_entity``."""
    world.instance(given["instance_name"])
