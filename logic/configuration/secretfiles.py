"""Secrets from files of their own: ``RABBIT_PASSWORD_FILE = "/etc/synnefo/rabbit"`` gives ``RABBIT_PASSWORD``."""

import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from logic.configuration.checking import FILE, takes_file
from logic.configuration.files import Assigned, Origin

OTHERS = 0o077  # permission bits that a secret's file should not have
LONGEST = 4096  # bytes


class Report(msgspec.Struct):
    """What is wrong with the settings, and what is only unwise."""

    problems: list[str] = []
    warnings: list[str] = []


def with_secrets(layer: Mapping[str, Assigned], report: Report) -> dict[str, Assigned]:
    """The layer with each ``…_FILE`` of a secret replaced by the secret. A secret and its file in one layer, and a file
    that cannot be read, are problems; a file that others may read is a warning."""
    found = {name: one for name, one in layer.items() if not takes_file(name)}
    for name, one in layer.items():
        secret = name.removesuffix(FILE)
        if not takes_file(name):
            continue
        if secret in layer:
            report.problems.append(f"{one.origin}: {name} and {secret} ({layer[secret].origin}) are both set; keep one")
        elif (read := _read(name, one, report)) is not None:
            found[secret] = read
    return found


def _read(name: str, one: Assigned, report: Report) -> Assigned | None:
    if not isinstance(one.value, str) or not one.value:
        report.problems.append(f"{one.origin}: {name} must be a path")
        return None
    path = Path(one.value)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()[: LONGEST + 1].decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        report.problems.append(f"{one.origin}: {name}: cannot read {path}: {reason}")
        return None
    if mode & OTHERS:
        report.warnings.append(f"{path} ({name}) has mode {mode:04o}: others may read a secret. Run chmod 0600 {path}")
    return Assigned(content.rstrip("\r\n"), Origin(f"file {path}, named in {one.origin}"))
