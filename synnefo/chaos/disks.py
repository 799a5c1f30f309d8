"""A small file system of its own for the database, so that its disk can be full: a tmpfs in a mount namespace of our own.

Only root can, and not in every container; where it cannot, runs go without that fault. The file system ends with the
processes of the run, however they end.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

SIZE: Final = "900m"
APART: Final = "CHAOS_MOUNTS_APART"  # set in the process that has the namespace


def enter_namespace(module: str, words: Sequence[str]) -> None:
    """Go on as the same program in a mount namespace of its own, where that can be had; else return."""
    if APART in os.environ or os.geteuid() != 0:
        return
    command = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
        os.execvpe(command[0], [*command, sys.executable, "-m", module, *words], {**os.environ, APART: "1"})


def small(folder: Path) -> Path | None:
    """An empty file system at this place; None where it cannot be."""
    if APART not in os.environ:
        return None
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "chaos", str(folder)]
    return folder if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def release(folder: Path) -> None:
    """No longer a file system of its own, so that the directory above it can be removed."""
    if APART in os.environ:
        subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
