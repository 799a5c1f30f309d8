"""Which ``policy.yaml`` is read, and what looks like one and is not. Called by ``loading`` for its warnings, and by
``synnefo.settings``; what is in it is read by ``logic.policy``.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

NAME: Final = "policy.yaml"
ALIKE: Final = (NAME, "policy.yml", "policy.json")  # what other services of OpenStack, or slips of the pen, call it


def policy_file(named: str, site: Sequence[Path]) -> str:
    """The one that is read: the ``named`` one (POLICY_FILE), else that of the first of the site's directories which has one.
    Empty: none is."""
    return named or next((str(folder / NAME) for folder in site if (folder / NAME).is_file()), "")


def unread(named: str, directories: Sequence[Path]) -> list[str]:
    """Of the settings' directories, the shipped one first: a warning for each policy that is there in vain."""
    read = policy_file(named, directories[1:])
    instead = f"{read} is" if read else "it belongs into the site's directory of settings, or name it in POLICY_FILE"
    return [f"{file} is not read: {instead}" for file in _there(directories) if file.resolve() != Path(read).resolve()]


def _there(directories: Sequence[Path]) -> Iterator[Path]:
    for folder in dict.fromkeys(directories):
        yield from (folder / name for name in ALIKE if (folder / name).is_file())
