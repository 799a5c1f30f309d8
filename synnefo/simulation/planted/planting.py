"""A planted bug: its patch, a copy of the tree to apply it to, and the runs that shall find it.

Used by the tests and by ``python -m synnefo.simulation.planted``.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PLANTED = Path(__file__).resolve().parent
ROOT = PLANTED.parents[2]
PATCHES = sorted(PLANTED.glob("*.patch"))
SEEDS_FILE = PLANTED / "seeds.json"
MOST = 1000  # seeds within which each is found
_NEEDED = ("logic", "ganeti", "synnefo", "settings.d", "manage.py")


class Spoilt(Exception):  # noqa: N818 - the field's word
    """A patch that does not apply, or a tree that does not run at all."""


def seeds() -> dict[str, int]:
    """The seeds that are written down, by the name of the patch."""
    written: dict[str, int] = json.loads(SEEDS_FILE.read_text())
    return written


def copy_tree(to: Path) -> None:
    """The tree as it stands, with what is not committed yet."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_NEEDED]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes((ROOT / name).read_bytes())


def plant(patch: Path, tree: Path, *options: str) -> None:
    """Apply a patch. Raises :class:`Spoilt`."""
    command = ["patch", "-p1", "-s", "-f", *options, "-i", str(patch)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Spoilt(f"{patch.name} no longer applies: make it anew. {done.stdout}{done.stderr}")


def uproot(patch: Path, tree: Path) -> None:
    """Have the files that it changed as they are, and nothing of what was compiled from them."""
    for name in re.findall(r"^\+\+\+ b/(\S+)", patch.read_text(), re.MULTILINE):
        path = tree / name
        path.write_bytes((ROOT / name).read_bytes())
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()


def words(patch: Path) -> list[str]:
    """What the simulation is asked for with this bug: a first line ``# --store memory`` says more than the seeds."""
    first = patch.read_text().split("\n", 1)[0]
    return re.findall(r"\S+", first[1:]) if first.startswith("#") else []


def run(tree: Path, *, first: int, seeds: int, more: list[str]) -> tuple[dict[str, Any], str]:
    """The last line of a run that stops at the first seed that fails, and all that was printed. Raises :class:`Spoilt`."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "DJANGO_SETTINGS_MODULE": "synnefo.settings"}
    command = [sys.executable, "-m", "synnefo.simulation", "--until-failure", "--first", str(first), *more]
    command += ["--seeds", str(seeds)]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise Spoilt(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told, done.stdout


def found(tree: Path, patch: Path, *, first: int, seeds: int) -> int | None:
    """The first seed that fails in this tree, of so many; None when all hold."""
    told, _ = run(tree, first=first, seeds=seeds, more=words(patch))
    return told["failed"][0] if told["failed"] else None
