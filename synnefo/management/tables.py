"""What operator commands share: ``--json``, tables for people, refusals as one sentence, exit codes.

Exit codes: 0 done; 1 refused or failed, nothing half made; 2 wrong usage; 3 something else is away (database, broker,
cluster) and it may work later. What was asked for goes to stdout, everything else to stderr, so that ``--json`` can be
piped. Each command is a class in ``commands/``.
"""

import argparse
import datetime
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from logic import schema
from logic.bus import BusDown
from logic.configuration import ConfigurationError
from logic.db import DATABASE_AWAY
from logic.errors import BackendFailure, BadRequest, Refusal
from logic.redaction import without_secrets
from logic.secretkeys import KeysUnusable
from synnefo.logging import set_up

REFUSED: Final = 1
USAGE: Final = 2
AWAY: Final = 3


class WrongUsage(BadRequest):
    """{reason}"""

    code = "wrong-usage"


class OperatorCommand(BaseCommand):
    """Base of operator commands: override ``arguments`` and ``handle``; print with ``print_table``, ``print_facts``.

    ``logic.errors.Refusal`` raised by ``handle`` ends the command with its sentence and code 1. A database without our
    schema, or with one that is behind, is refused before ``handle``, unless the command says ``any_schema``."""

    requires_system_checks: tuple[str, ...] = ()
    any_schema: ClassVar[bool] = False
    json: bool = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
        self.arguments(parser)

    def arguments(self, parser: CommandParser) -> None:
        """The command's own arguments."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        self.json = bool(options.get("json"))
        set_up("manage", foreground=True)
        try:
            if not self.any_schema:
                schema.check()
            return super().execute(*args, **options)
        except (Refusal, ConfigurationError, KeysUnusable) as error:
            code = USAGE if isinstance(error, WrongUsage) else REFUSED
            raise CommandError(without_secrets(str(error)), returncode=code) from error
        except DATABASE_AWAY as error:
            raise CommandError(f"The database is away: {without_secrets(str(error))}", returncode=AWAY) from error
        except BusDown as error:
            raise CommandError(f"The broker is away: {without_secrets(str(error))}", returncode=AWAY) from error
        except BackendFailure as error:
            raise CommandError(f"The cluster did not do it: {without_secrets(str(error))}", returncode=AWAY) from error

    def warn(self, sentence: str) -> None:
        """Beside what is printed, if there is anything to say."""
        if sentence:
            self.stderr.write(sentence)

    def print_table(self, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Rows under their headers; with ``--json`` a list with an object a row, keyed by header."""
        if self.json:
            self._print_json([dict(zip(headers, row, strict=True)) for row in rows])
        else:
            self.stdout.write(table(headers, list(rows)))

    def print_facts(self, facts: Mapping[str, object]) -> None:
        """One thing, a line a fact; with ``--json`` one object."""
        if self.json:
            self._print_json(facts)
        else:
            width = max(map(_width, facts), default=0)
            self.stdout.write("\n".join(f"{_padded(name, width)}  {cell(value)}" for name, value in facts.items()))

    def _print_json(self, value: object) -> None:
        self.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


def natural(text: str) -> int:
    """The type of an argument that counts something."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not 0 or more")
    return int(text)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns, numbers to the right; a line a row."""
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headers, *cells, strict=True)]
    right = [bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(headers))]
    lines = [headers, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(_padded(text, width, right=to) for text, width, to in zip(line, widths, right, strict=True)).rstrip()
        for line in lines
    )


def cell(value: object) -> str:
    """A value in one line. Tenants choose names: what would move a terminal's cursor is shown escaped."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime.datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case list() | tuple() | set() | frozenset():
            return ", ".join(map(cell, value)) or "-"
        case dict():
            value = msgspec.json.encode(value, enc_hook=str).decode()
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in str(value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _padded(text: str, width: int, *, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


def _width(text: str) -> int:
    """Columns on a terminal: wide signs take two, combining ones none."""
    return sum(0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)
