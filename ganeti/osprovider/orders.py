"""What Ganeti asks of an OS script, read from its environment and checked: nothing behind this module sees raw values.

Pure. The environment is that of Ganeti's OS interface, version 20: ``INSTANCE_NAME``, ``DISK_0_PATH``, ``OSP_IMG_ID`` and so
on; each parameter is in ``contrib/ganeti-os/synnefo-image/parameters.list``.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ganeti.osprovider.troubles import Trouble

Format = Literal["raw", "qcow2"]
FORMATS: Final[dict[str, Format]] = {"raw": "raw", "diskdump": "raw", "dump": "raw", "qcow2": "qcow2", "qemu": "qcow2"}
MIB: Final = 1024 * 1024
_IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_CHECKSUM: Final = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
_HOSTNAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_DISK: Final = r"(.*-)?{kind}-[0-9A-Za-z-]+"  # the name of one that is no root
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Checksum(NamedTuple):
    """``algorithm`` is sha256 or sha512, ``digest`` in hexadecimal."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}-{self.digest}"


class Image(NamedTuple):
    """The image to write; ``name`` is that of a file in the sources."""

    name: str
    format: Format
    checksum: Checksum | None


class Disk(NamedTuple):
    """``size`` in bytes, as Ganeti has it."""

    path: Path
    size: int


class Metadata(NamedTuple):
    """What the guest shall learn. ``password`` and ``user_data`` are secret, and in no text that a person sees."""

    hostname: str
    id: str
    keys: tuple[str, ...]
    user_data: bytes
    password: str

    def __repr__(self) -> str:
        return f"Metadata({self.hostname})"


class Order(NamedTuple):
    """A machine to make, or to make ``again``. ``config`` is the disk that the metadata goes to, ``ephemeral`` and ``swap`` are
    those that are made ready and left empty; ``asked`` the id under which the APIs tell what is secret of it, empty where nothing
    is. Without an ``image`` there is only the metadata to leave, on its first disk: what it boots from has its content already,
    and comes before that later."""

    instance: str
    image: Image | None
    root: Disk
    config: Disk | None
    metadata: Metadata
    again: bool
    asked: str = ""
    ephemeral: Disk | None = None
    swap: Disk | None = None


def creation(environment: Mapping[str, str]) -> Order:
    """What ``create`` is asked for. Raises :class:`Trouble`."""
    metadata, image = _metadata(environment), _image(environment)
    config = _named_disk(environment, "config")
    if config is None and (metadata.keys or metadata.user_data or metadata.password):
        raise Trouble("keys, user data or a password are given, but no disk to leave them on: one named …config-…")
    if image is None and not (config and _is(environment, 0, "config")):
        raise Trouble("there is no image: the OS parameter img_id is missing")
    again = environment.get("INSTANCE_REINSTALL", "") == "1"
    asked = _asked(environment) if again and config else ""
    more = {kind: _named_disk(environment, kind) for kind in ("ephemeral", "swap")}
    return Order(instance(environment), image, _disk(environment, 0), config, metadata, again, asked, **more)


def with_secrets(metadata: Metadata, told: Mapping[str, str]) -> Metadata:
    """As it is with what an API has told, by the names of parameters. Raises :class:`Trouble`."""
    password = told.get("img_passwd", "")
    if _UNPRINTABLE.search(password) or "\n" in password:
        raise Trouble("the password that an API told is no text without control characters")
    return metadata._replace(password=password, user_data=_user_data(told.get("cloud_userdata", "")))


def verified(environment: Mapping[str, str]) -> None:
    """What ``verify`` looks at: parameters only, perhaps not all of them. Raises :class:`Trouble`."""
    _image(environment)
    _metadata(environment)
    _asked(environment)


def _asked(environment: Mapping[str, str]) -> str:
    id = environment.get("OSP_SECRETS", "")
    if id and not _ID.fullmatch(id):
        raise Trouble("the OS parameter secrets is no identifier")
    return id


def instance(environment: Mapping[str, str]) -> str:
    """Its name. Raises :class:`Trouble`."""
    name = environment.get("INSTANCE_NAME", "")
    if not _HOSTNAME.fullmatch(name):
        raise Trouble("INSTANCE_NAME is missing, or no name: is this run by Ganeti?")
    return name


def _image(environment: Mapping[str, str]) -> Image | None:
    name, format = environment.get("OSP_IMG_ID", ""), environment.get("OSP_IMG_FORMAT", "") or "raw"
    if format not in FORMATS:
        raise Trouble(f"the OS parameter img_format is none of {', '.join(sorted(FORMATS))}")
    checksum = parsed(environment.get("OSP_IMG_CHECKSUM", ""))
    if not name:
        return None
    if not _IMAGE.fullmatch(name):
        raise Trouble("the OS parameter img_id is no file name: letters, digits and . _ + - only")
    return Image(name, FORMATS[format], checksum)


def parsed(text: str) -> Checksum | None:
    """``sha256:…`` or ``sha512:…``; None for an empty text."""
    if not text:
        return None
    found = _CHECKSUM.fullmatch(text.lower())
    if not found:
        raise Trouble("the OS parameter img_checksum is not sha256: or sha512: and a digest")
    return Checksum(found[1] or found[3], found[2] or found[4])


def _disk(environment: Mapping[str, str], index: int) -> Disk:
    path, size = environment.get(f"DISK_{index}_PATH", ""), environment.get(f"DISK_{index}_SIZE", "")
    if not path.startswith("/"):
        raise Trouble(f"disk {index} has no path on this node: its template cannot be written by this OS")
    return Disk(Path(path), int(size) * MIB if re.fullmatch("[0-9]{1,12}", size) else 0)


def _named_disk(environment: Mapping[str, str], kind: str) -> Disk | None:
    count = environment.get("DISK_COUNT", "")
    for index in range(int(count) if re.fullmatch("[0-9]{1,3}", count) else 1):
        if _is(environment, index, kind):
            return _disk(environment, index)
    return None


def _is(environment: Mapping[str, str], index: int, kind: str) -> bool:
    return bool(re.fullmatch(_DISK.format(kind=kind), environment.get(f"DISK_{index}_NAME", "")))


def _metadata(environment: Mapping[str, str]) -> Metadata:
    hostname = environment.get("OSP_HOSTNAME", "") or environment.get("INSTANCE_NAME", "")
    id = environment.get("OSP_INSTANCE_ID", "") or environment.get("INSTANCE_UUID", "")
    password = environment.get("OSP_IMG_PASSWD", "")
    keys = environment.get("OSP_AUTH_KEYS", "")
    if hostname and not _HOSTNAME.fullmatch(hostname):
        raise Trouble("the OS parameter hostname is no name of a host")
    if id and not _ID.fullmatch(id):
        raise Trouble("the OS parameter instance_id is no identifier")
    if _UNPRINTABLE.search(keys) or _UNPRINTABLE.search(password) or "\n" in password:
        raise Trouble("the OS parameters auth_keys and img_passwd hold text, without control characters")
    lines = tuple(line.strip() for line in keys.splitlines() if line.strip())
    return Metadata(hostname, id, lines, _user_data(environment.get("OSP_CLOUD_USERDATA", "")), password)


def _user_data(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Trouble("the OS parameter cloud_userdata is not base64") from None
