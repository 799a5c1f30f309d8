"""Which tests are run, and which of them are known not to pass, with the reason."""

from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "contrib" / "tempest"


def selected(file: Path = FOLDER / "selected.txt") -> list[str]:
    """Full names, as the suite lists them."""
    return [line.strip() for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]


def excluded(file: Path = FOLDER / "excluded.txt") -> dict[str, str]:
    """Name without its bracket → why it is not expected to pass. Raises ``ValueError`` for a line without a reason."""
    found = {}
    for line in file.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, reason = line.partition(": ")
            if not reason.strip():
                raise ValueError(f"excluded.txt: {name!r} has no reason")
            found[name.strip()] = reason.strip()
    return found


def bare(name: str) -> str:
    """Without the bracket of ids and tags."""
    return name.partition("[")[0]


def wanted(names: Sequence[str], without: Mapping[str, str]) -> list[str]:
    """Those to run."""
    return [name for name in names if bare(name) not in without]
