"""Running ``NN-name.conf`` files: Python assignments, in name order, in one namespace that remembers who set what.

Later files see and overwrite what earlier ones set. Upper-case names are settings; others, and those that begin with an
underscore, are the file's own. What the names mean is ``schema``'s affair.
"""

import ast
import copy
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

SUFFIX = ".conf"


class Origin(msgspec.Struct, frozen=True):
    """Where a value was set. ``line`` 0: not in a file."""

    source: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


DEFAULT = Origin("default")


class Assigned(msgspec.Struct, frozen=True):
    """A value and where it was set."""

    value: Any
    origin: Origin

    def __repr__(self) -> str:
        return f"Assigned({self.origin})"


class Unreadable(Exception):  # noqa: N818 - an operator's file, with the place
    """A settings file cannot be run; the text names file, line and reason."""


def conf_files(directories: Sequence[Path]) -> list[Path]:
    """The files of each directory in name order, the directories in the order given. Hidden files are left alone."""
    return [path for folder in directories for path in sorted(folder.glob(f"[!.]*{SUFFIX}")) if path.is_file()]


def run(paths: Sequence[Path]) -> dict[str, Assigned]:
    """The settings that these files make. Raises :class:`Unreadable`."""
    namespace = _Namespace()
    for path in paths:
        _run_one(path, namespace)
    return {name: Assigned(namespace[name], namespace.origins[name]) for name in namespace.settings()}


class _Namespace(dict[str, Any]):
    """The globals of the files. Python sets module-level names through ``__setitem__`` of a subclass, which notes the
    line that is running."""

    def __init__(self) -> None:
        super().__init__()
        self.origins: dict[str, Origin] = {}
        self.file = ""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self.origins[name] = Origin(self.file, sys._getframe(1).f_lineno)  # noqa: SLF001 - the line that assigns

    def settings(self) -> Iterator[str]:
        return (name for name in self if name.isupper() and not name.startswith("_"))


def _run_one(path: Path, namespace: _Namespace) -> None:
    namespace.file = str(path)
    try:
        before = {name: (namespace.origins[name], copy.deepcopy(namespace[name])) for name in namespace.settings()}
        tree = ast.parse(path.read_bytes(), filename=str(path))
        exec(compile(tree, str(path), "exec"), namespace)  # noqa: S102 - settings are Python by design
    except SyntaxError as error:
        raise Unreadable(f"{error.filename}:{error.lineno}: {error.msg}") from error
    except Exception as error:
        raise Unreadable(f"{path}:{_line_of(error, path)}: {type(error).__name__}: {error}") from error
    for name, (origin, value) in before.items():
        if name in namespace and namespace.origins[name] is origin and namespace[name] != value:
            namespace.origins[name] = Origin(str(path), _line_of_change(tree, name))


def _line_of(error: Exception, path: Path) -> int:
    """The last line of the file that was running; 1 when it could not even be read."""
    lines = [frame.lineno or 1 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return lines[-1] if lines else 1


def _line_of_change(tree: ast.Module, name: str) -> int:
    """Where a value was changed in place, as in ``DATABASES["default"]["HOST"] = …``."""
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    return max(lines, default=1)
