"""Which Debian packages the tests' servers come from, and what to say when one is not there.

The list is ``contrib/dev/debian-packages``: a package and a file of it (a pattern) on each line. ``make test`` installs
from the same list.
"""

from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).resolve().parents[2] / "contrib" / "dev" / "debian-packages"


class Missing(Exception):  # noqa: N818 - a state
    """Packages that have to be installed first; the text says how."""


def missing() -> list[str]:
    """Names of the listed packages that are not installed."""
    entries = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return [package for package, pattern in entries if not any(Path("/").glob(pattern.lstrip("/")))]


def require(package: str) -> None:
    """Raises :class:`Missing` when it is not installed."""
    if package in missing():
        raise Missing(f"{package} is not installed. As root: apt-get install {' '.join(missing())} (make test does it)")
