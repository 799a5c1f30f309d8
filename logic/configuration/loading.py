"""Shipped files, then the site's, then the environment: one checked set of settings. All that is wrong is told at once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from logic.configuration import checking
from logic.configuration.checking import TYPES, Wrong
from logic.configuration.files import DEFAULT, Assigned, Origin, Unreadable, conf_files, run
from logic.configuration.policies import unread
from logic.configuration.schema import Values, contradictions
from logic.configuration.secretfiles import Report, with_secrets

PREFIX: Final = "SYNNEFO_"
DIRECTORIES_VARIABLE: Final = "SYNNEFO_SETTINGS_DIR"
SITE: Final = Path("/etc/synnefo/settings.d")
NEARLY = 0.85  # how alike a variable of the environment is to a setting's when it must be a slip of the pen


class ConfigurationError(Exception):
    """The settings cannot be used. ``problems`` has a line for each thing to correct, with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Settings(Mapping[str, Any]):
    """By name, as plain data; ``typed`` has them with their types. ``warnings`` are for the operator's eyes."""

    def __init__(self, typed: Values, origins: Mapping[str, Origin], warnings: Sequence[str] = ()) -> None:
        self.typed = typed
        self.warnings = tuple(warnings)
        self._origins = dict(origins)
        self._plain: dict[str, Any] = msgspec.to_builtins(typed)

    def __getitem__(self, name: str) -> Any:
        return self._plain[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)

    def __repr__(self) -> str:
        return f"Settings({len(self)} settings)"

    def origin(self, name: str) -> Origin:
        """Where the value was set."""
        return self._origins.get(name, DEFAULT)

    def secrets(self) -> tuple[str, ...]:
        """The values that must never be shown."""
        inner = [database.PASSWORD for database in self.typed.DATABASES.values()]
        return tuple(filter(None, [*(self[name] for name in self if checking.is_secret(name)), *inner]))


def site_directories(environ: Mapping[str, str]) -> list[Path]:
    """The site's directories: those of SYNNEFO_SETTINGS_DIR (several with a colon between; empty: none), else
    /etc/synnefo/settings.d where there is one. Raises :class:`ConfigurationError` when a named one is missing."""
    named = environ.get(DIRECTORIES_VARIABLE)
    if named is None:
        return [SITE] if SITE.is_dir() else []
    folders = [Path(folder) for folder in named.split(":") if folder]
    missing = [
        f"{folder}, named by {DIRECTORIES_VARIABLE}, is no directory" for folder in folders if not folder.is_dir()
    ]
    if missing:
        raise ConfigurationError(missing)
    return folders


def load(directories: Sequence[Path], environ: Mapping[str, str]) -> Settings:
    """The settings of these directories (the shipped one first) and of SYNNEFO_<NAME> variables. Raises
    :class:`ConfigurationError`."""
    report = Report()
    try:
        in_files = run(conf_files(directories))
    except Unreadable as error:
        raise ConfigurationError([str(error)]) from error
    given = with_secrets(in_files, report) | with_secrets(_from_environment(environ, report), report)
    typed = {name: value for name, one in given.items() if (value := _checked(name, one, report)) is not None}
    values = Values(**typed)
    report.problems += contradictions(values)
    if report.problems:
        raise ConfigurationError(report.problems)
    report.warnings += unread(values.POLICY_FILE, directories)
    return Settings(values, {name: one.origin for name, one in given.items()}, report.warnings)


def _checked(name: str, one: Assigned, report: Report) -> Any:
    """The value as the schema has it; None, and a problem reported, when it has no place there."""
    if name not in TYPES:
        meant = checking.alike(name)
        report.problems.append(f"{one.origin}: {name} is no setting" + (f"; did you mean {meant}?" if meant else ""))
        return None
    try:
        return checking.check(name, one.value)
    except Wrong as error:
        report.problems.append(f"{one.origin}: {name}: {error}")
        return None


def _from_environment(environ: Mapping[str, str], report: Report) -> dict[str, Assigned]:
    found: dict[str, Assigned] = {}
    for variable, text in environ.items():
        name = variable.removeprefix(PREFIX)
        if name == variable:
            continue
        origin = Origin(f"environment {variable}")
        if name in TYPES:
            try:
                found[name] = Assigned(msgspec.to_builtins(checking.parse(name, text)), origin)
            except Wrong as error:
                report.problems.append(f"{origin}: {error}")
        elif checking.takes_file(name):
            found[name] = Assigned(text, origin)
        elif meant := checking.alike(name, least=NEARLY):
            report.problems.append(f"{origin}: {name} is no setting; did you mean {PREFIX}{meant}?")
    return found
