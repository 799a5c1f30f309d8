"""Post hooks: who runs them, and what comes of it.

The cluster says *what* is to be run (:class:`HookCall`); who runs it is injected. :class:`DirectoryRunner` starts the
executables of ``<directory>/<path>-post.d`` as Ganeti's node daemon does: sorted, names of letters, digits, ``_`` and
``-`` only, cwd ``/``, a clean environment (``environments``), no arguments. The simulation passes a plain function.
"""

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec


class HookCall(msgspec.Struct, frozen=True, kw_only=True):
    """Hooks a job waits for: ``path`` is ``instance-start`` and the like; ``nodes`` where they run, names."""

    job: int
    path: str
    nodes: tuple[str, ...]
    environment: dict[str, str]


class HookResult(msgspec.Struct, frozen=True):
    """One script that ran on a node."""

    node: str
    script: str
    ok: bool
    output: str = ""


Runner = Callable[[HookCall], Sequence[HookResult]]

_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_LONGEST_OUTPUT = 2000


class DirectoryRunner:
    """Runs what stands in ``<directory>/<path>-post.d``, each for at most ``timeout`` seconds. Blocking.

    ``extra`` is added to the environment: what a real master's hooks find in files, our own may have to be told.
    """

    def __init__(self, directory: Path, *, timeout: float = 5.0, extra: Mapping[str, str] | None = None) -> None:
        self._directory, self._timeout, self._extra = directory, timeout, dict(extra or {})

    def __call__(self, call: HookCall) -> list[HookResult]:
        folder = self._directory / f"{call.path}-post.d"
        scripts = sorted(folder.iterdir()) if folder.is_dir() else []
        wanted = [one for one in scripts if _NAME.fullmatch(one.name) and one.is_file() and os.access(one, os.X_OK)]
        return [self._run(node, script, call) for node in call.nodes for script in wanted]

    def _run(self, node: str, script: Path, call: HookCall) -> HookResult:
        name = f"{script.parent.name}/{script.name}"
        try:
            ended = subprocess.run(  # noqa: S603 - the operator's own hooks
                [script],
                env=call.environment | self._extra,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return HookResult(node, name, ok=False, output=f"no end within {self._timeout:g} seconds")
        except OSError as error:
            return HookResult(node, name, ok=False, output=str(error))
        output = ended.stdout.decode(errors="replace").strip()
        return HookResult(node, name, ok=ended.returncode == 0, output=output[:_LONGEST_OUTPUT])
