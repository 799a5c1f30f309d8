"""Short commands that tests wait for."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from synnefo.testing.processes import TAIL, NotReady


def run(
    command: Sequence[str],
    *,
    within: float,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """What it printed. Raises :class:`NotReady` with its complaint when it fails or takes over ``within`` seconds."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=directory or "/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotReady(f"{command}: not within {within:g} s") from None
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        raise NotReady(f"{command} failed with {done.returncode}\n{printed[-TAIL:]}")
    return printed
