"""README.deploy as data: its blocks, and the operator commands in it. For the tests of it, and for labs that are made by it."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.deploy").read_text()


class Block(NamedTuple):
    """``kind`` is the word behind the fence, ``section`` the heading above."""

    kind: str
    section: str
    text: str


def blocks() -> list[Block]:
    """In order."""
    found, section = [], ""
    for part in re.finditer(r"^## ([^\n]+)$|^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        section = part[1] or section
        if part[3] is not None:
            found.append(Block(part[2], section, part[3]))
    return found


def shell(section: str = "") -> str:
    """All that is run, of one section or of all."""
    return "".join(block.text for block in blocks() if block.kind == "sh" and block.section.startswith(section))


def block(section: str, holding: str) -> str:
    """The one that is run in a section and holds these words."""
    (found,) = [one.text for one in blocks() if one.section.startswith(section) and holding in one.text]
    return found


def inline() -> list[str]:
    """What stands between backticks in the prose."""
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`]+)`", prose)


def managed() -> list[list[str]]:
    """The words of each operator command, in blocks and in prose, without ``manage`` itself."""
    lines = [*shell().splitlines(), *inline()]
    commands = [
        line.removeprefix("manage.py").removeprefix("manage").split(";")[0] for line in lines if _is_managed(line)
    ]
    return [shlex.split(command) for command in commands if command.strip()]


def _is_managed(line: str) -> bool:
    return line.startswith(("manage ", "manage.py "))
