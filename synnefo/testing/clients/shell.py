"""Files of lines: each one command of ``openstack`` without its first word.

``! line`` has to fail. ``admin: line`` is the administrator's. ``until STATUS line`` is repeated until it prints that word.
``NAME = line`` keeps what it prints, for ``{NAME}`` in later lines. ``[word] line`` is for clouds that can do what the word says
(``forms.CAN``). Empty lines and ``#`` are for readers.
"""

import contextlib
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from logic import clock
from synnefo.testing.clients.client import Client, Done
from synnefo.testing.processes import NotReady, until

TENANT, ADMIN = "synnefo", "synnefo-admin"
PATIENCE = 60.0  # seconds until a status has to be there: guests take their time to stop
_LINE = re.compile(
    r"(?:\[(?P<wants>\w+)\] )?(?:(?P<fails>!) )?(?:(?P<admin>admin): )?"
    r"(?:until (?P<until>\S+) )?(?:(?P<name>[A-Z]+) = )?(?P<command>.*)"
)


class Line(msgspec.Struct, frozen=True):
    """One line, read."""

    command: str
    fails: bool = False
    admin: bool = False
    until: str = ""
    name: str = ""
    wants: str = ""


class Told(msgspec.Struct, frozen=True):
    """What a line came to. ``wrong`` is empty when it was as it should be."""

    line: str
    seconds: float
    wrong: str = ""


def read(text: str) -> Iterator[tuple[str, Line]]:
    """The lines that are commands."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            found = _LINE.fullmatch(line.strip())
            assert found, line
            parts = found.groupdict()
            yield (
                line,
                Line(
                    parts["command"],
                    bool(parts["fails"]),
                    bool(parts["admin"]),
                    parts["until"] or "",
                    parts["name"] or "",
                    parts["wants"] or "",
                ),
            )


def walk(
    clouds: Path, text: str, given: Mapping[str, str] | None = None, can: Collection[str] | None = None
) -> Iterator[Told]:
    """Each line in its turn; a line that fails does not keep the others from being tried. ``can``: what the cloud does of what
    not every one does; all of it unless told."""
    known = dict(given or {})
    clients = {cloud: Client(clouds, cloud) for cloud in (TENANT, ADMIN)}
    for raw, line in read(text):
        if line.wants and can is not None and line.wants not in can:
            continue
        started = clock.monotonic()
        done = _done(clients[ADMIN if line.admin else TENANT], line, shlex.split(line.command.format_map(known)))
        if line.name:
            known[line.name] = done.output.strip()
        yield Told(raw, clock.monotonic() - started, _wrong(line, done))


def _done(client: Client, line: Line, words: list[str]) -> Done:
    if not line.until:
        return client.run(words)
    last = Done(1, "", "")

    def there() -> bool:
        nonlocal last
        last = client.run(words)
        return line.until in last.output.split()

    with contextlib.suppress(NotReady):
        until(there, within=PATIENCE, what=line.command)
    return last


def _wrong(line: Line, done: Done) -> str:
    said = f"{done.complaints[-500:] or done.output[-500:]}"
    if line.until:
        return "" if line.until in done.output.split() else f"never {line.until}: {said}"
    if bool(done.code) != line.fails:
        return f"exit {done.code}: {said}"
    return said if "Traceback" in done.complaints else ""
