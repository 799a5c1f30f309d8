"""Where images come from: directories of the node (or of a shared store), HTTP servers and the cloud's APIs, asked in turn for a
name.

What comes by HTTP is verified before anything reads it, and kept in the cache. The checksum is the one in the order, else
that of a file ``<name>.sha256`` beside the image, else there is none: then a directory is believed, since its owner is root,
and a server is not. Called by ``scripts``.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from ganeti.osprovider import fetching
from ganeti.osprovider.cache import Cache
from ganeti.osprovider.orders import Checksum, Image, parsed
from ganeti.osprovider.settings import Settings, key
from ganeti.osprovider.troubles import Trouble

BLOCK: Final = 1024 * 1024
_PATH: Final = "/nodes/v1/images"
_UPLOADED: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # the id of its content
_DIGEST_FILE: Final = 4096  # bytes read of one


@contextlib.contextmanager
def found(image: Image, settings: Settings) -> Iterator[Path]:
    """The image as a file of this node, verified, for as long as it is used. Raises :class:`Trouble`."""
    for source in settings.sources:
        path = Path(source) / image.name
        if source.startswith("/") and path.is_file():
            _verify_file(path, image.checksum or _beside(path))
            yield path
            return
    servers = [f"{source}/{image.name}" for source in settings.sources if not source.startswith("/")]
    keys = _keys(image, settings)
    if not servers and not keys:
        raise Trouble(f"there is no image {image.name} in {', '.join(settings.sources)}")
    checksum = image.checksum or _told(servers, settings.timeout)
    cache = Cache(settings.cache, settings.cache_limit)

    def fetch(file: IO[bytes], reserve: Callable[[int], None]) -> None:
        fetching.fetched([*servers, *keys], file, reserve, timeout=settings.timeout, keys=keys)
        file.seek(0)
        _verify(file, checksum, image.name)

    with cache.holding(checksum, fetch) as path:
        yield path


def _keys(image: Image, settings: Settings) -> dict[str, str]:
    """Where the APIs have what tenants uploaded, and what is shown there. An operator's own image is not asked of them."""
    if not settings.apis or not _UPLOADED.fullmatch(image.name):
        return {}
    shown = key(settings)
    return {f"{api}{_PATH}/{image.name}": shown for api in settings.apis}


def _verify_file(path: Path, checksum: Checksum | None) -> None:
    if checksum:
        with path.open("rb") as file:
            _verify(file, checksum, path.name)


def _verify(file: IO[bytes], checksum: Checksum, name: str) -> None:
    summed = hashlib.new(checksum.algorithm)
    while block := file.read(BLOCK):
        summed.update(block)
    if summed.hexdigest() != checksum.digest:
        raise Trouble(f"the image {name} does not have the {checksum.algorithm} that it should have; it is not used")


def _beside(path: Path) -> Checksum | None:
    """What a file beside it says, if there is one."""
    digest = path.with_name(f"{path.name}.sha256")
    return _read(digest.read_bytes()[:_DIGEST_FILE]) if digest.is_file() else None


def _told(servers: list[str], timeout: float) -> Checksum:
    told = fetching.small([f"{server}.sha256" for server in servers], _DIGEST_FILE, timeout=timeout)
    checksum = _read(told) if told is not None else None
    if checksum is None:
        raise Trouble("the image has no checksum: give it one (os_hash_value), or put NAME.sha256 beside it")
    return checksum


def _read(told: bytes) -> Checksum | None:
    """As ``sha256sum`` writes it: the digest is the first word."""
    words = told.decode("ascii", "replace").split()
    return parsed(f"sha256:{words[0]}") if words else None
