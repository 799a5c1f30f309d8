"""What the operator of a node says of images: ``/etc/default/synnefo-image``, lines of ``NAME=value``, read by each script.

A line that is no such pair, an unknown name or a wrong number is told and ends the script: a node that is not as it was
meant to be makes no machines.
"""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ganeti.osprovider.troubles import Trouble

FILE: Final = Path("/etc/default/synnefo-image")
FILE_VARIABLE: Final = "SYNNEFO_IMAGE_SETTINGS"  # Ganeti clears the environment of its scripts: for tests
GIB: Final = 1024**3


@dataclass(frozen=True)
class Settings:
    """``sources`` are asked in turn: directories, and addresses that serve the same names by HTTP. ``cache`` keeps what
    came by HTTP, up to ``cache_limit`` bytes. ``timeout`` is the longest silence of a server, in seconds. ``monitor`` is
    a program that reads what snf-image would tell it; ``spool`` the directory of the event daemon, if it runs here. ``apis`` are
    asked last, for what tenants uploaded, by the cluster's node key in ``key_file``; ``plain``: without TLS, too."""

    sources: tuple[str, ...] = ("/srv/synnefo/images",)
    cache: Path = Path("/var/cache/synnefo/images")
    cache_limit: int = 20 * GIB
    timeout: float = 30.0
    monitor: str = ""
    spool: Path = Path("/var/spool/synnefo/ganeti")
    apis: tuple[str, ...] = ()
    key_file: Path = Path("/etc/synnefo/node-key")
    plain: bool = False


def read(file: Path = FILE) -> Settings:
    """What the file says; the defaults where there is none."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{file} cannot be read: {error}") from error
    given: dict[str, Any] = {}
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                field, value = _meant(*_pair(line))
            except ValueError as error:
                raise Trouble(f"{file}: {error}") from error
            given[field] = value
    made = Settings(**given)
    if not made.plain and not all(api.startswith("https://") for api in made.apis):
        raise Trouble(f"{file}: APIS are https addresses: the key of this cluster goes there")
    return made


def key(settings: Settings) -> str:
    """What the APIs are shown. Raises :class:`Trouble`."""
    try:
        return settings.key_file.read_text().strip()
    except OSError as error:
        raise Trouble(f"the key of this node cannot be read: {settings.key_file}: {error.strerror}") from error


def _pair(line: str) -> tuple[str, str]:
    name, _, text = line.strip().partition("=")
    words = shlex.split(text)
    if "=" not in line or len(words) > 1:
        raise ValueError("a line is not NAME=value; quote values with spaces")
    return name.strip(), words[0] if words else ""


def _meant(name: str, text: str) -> tuple[str, Any]:
    if name not in MEANINGS:
        raise ValueError(f"there is no setting {name}")
    field, reader = MEANINGS[name]
    try:
        return field, reader(text)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from error


def _number(text: str) -> float:
    if not text.replace(".", "", 1).isdecimal() or not float(text):
        raise ValueError("is no number above 0")
    return float(text)


def _bytes(text: str) -> int:
    return int(_number(text) * GIB)


def _sources(text: str) -> tuple[str, ...]:
    sources = tuple(source.rstrip("/") for source in text.split())
    if not sources or not all(source.startswith(("/", "http://", "https://")) for source in sources):
        raise ValueError("are directories and http or https addresses, with spaces between them")
    return sources


def _apis(text: str) -> tuple[str, ...]:
    apis = tuple(api.rstrip("/") for api in text.replace(",", " ").split())
    if not all(api.startswith(("http://", "https://")) for api in apis):
        raise ValueError("are https addresses, with spaces or commas between them")
    return apis


MEANINGS: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    "SOURCES": ("sources", _sources),
    "CACHE": ("cache", Path),
    "CACHE_LIMIT_GIB": ("cache_limit", _bytes),
    "TIMEOUT": ("timeout", _number),
    "PROGRESS_MONITOR": ("monitor", str),
    "SPOOL": ("spool", Path),
    "APIS": ("apis", _apis),
    "KEY_FILE": ("key_file", Path),
    "PLAIN": ("plain", "yes".__eq__),
}
