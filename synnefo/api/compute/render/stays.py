"""Shelved servers that stay on their cluster after all, as their actions tell it. Nova's shelving ends when a server has left its
host; ours has ended before, and why a server did not leave is a line of the journal. Pure; called by ``views.timeline``.
"""

import datetime
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from logic.ledger.queries import CommandInfo, Line

AT_ONCE: Final = "shelve-off"  # a shelving that has the server leave
LATER: Final = "shelve"  # one after which it is SHELVED, and leaves some time, or never
OFFLOAD: Final = "offload"
SAVE: Final = "shelve-image"  # what an administrator's shelveOffload begins with, unless there is an image
FAILED: Final = "error"

Made = Callable[[Line, str], CommandInfo]


def told(found: Sequence[CommandInfo], lines: Sequence[Line], made: Made) -> list[CommandInfo]:
    """``found``, in which what had the server leave has failed when ``lines`` say that it stays, unless it has left since. One
    that was to leave some time has an action for that (``made`` of a line and a sentence)."""
    commands = {one.id: _as_asked(one) for one in found}
    extra = []
    for asked, line in _troubles(found, [line for line in lines if line.text]):
        sentence = f"The server stays on its cluster: {line.text}"
        if asked is None or asked.verb == LATER:
            extra.append(made(line, sentence))
        elif asked.outcome == "success":
            failed = {"outcome": FAILED, "error": sentence, "settled_at": line.at}
            commands[asked.id] = msgspec.structs.replace(commands[asked.id], **failed)
    return [*commands.values(), *extra]


def _troubles(found: Sequence[CommandInfo], lines: Sequence[Line]) -> list[tuple[CommandInfo | None, Line]]:
    """Of each that had the server leave the last line that says that it stays."""
    last: dict[str, tuple[CommandInfo | None, Line]] = {}
    asked: CommandInfo | None = None
    both: list[CommandInfo | Line] = [*found, *lines]
    for one in sorted(both, key=_since):
        id = asked.id if asked else ""
        if isinstance(one, Line):
            last[id] = (asked, one)
        elif one.verb == OFFLOAD and one.outcome == "success":
            last.pop(id, None)
        elif _has_it_leave(one):
            asked = one
    return list(last.values())


def _since(one: CommandInfo | Line) -> datetime.datetime:
    return one.at if isinstance(one, Line) else one.created_at


def _has_it_leave(one: CommandInfo) -> bool:
    return one.verb in {AT_ONCE, LATER} or (one.verb in {SAVE, OFFLOAD} and bool(one.request))


def _as_asked(one: CommandInfo) -> CommandInfo:
    return msgspec.structs.replace(one, verb=OFFLOAD) if one.verb == SAVE and one.request else one
