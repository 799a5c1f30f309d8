"""Giving the content of a disk to the API, which has asked Ganeti for an export of it to get that content.

The API is asked what it wants of an instance, for an export may be an operator's own affair too. What it wants goes there as
qcow2 (``packing``) or as it is (``plain``), with its SHA-512 behind it, so that what came is known to be whole and right. Each
address is tried in turn, a few times. Called by ``scripts``, and in part by the embedded cloud.
"""

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from urllib.parse import quote

from ganeti.osprovider import fetching
from ganeti.osprovider.packing import Packed
from ganeti.osprovider.plain import Plain
from ganeti.osprovider.settings import Settings, key
from ganeti.osprovider.troubles import Trouble

ROUNDS: Final = 3
PAUSE: Final = 2.0  # seconds before all are tried again; as many times more before each further round
MOST: Final = 4096  # bytes read of an answer
_NEVER: Final = {403, 413}  # however often it is tried
_PATH: Final = "/nodes/v1/exports"
Answer = TypeVar("Answer")


class Asked(NamedTuple):
    """``ours``: the export is the API's affair; ``disk`` or ``name``: the index of the one that it wants, or its name, None and
    empty for none any more; ``format``: as what, ``qcow2`` or ``raw``."""

    ours: bool
    disk: int | None
    name: str = ""
    format: str = "qcow2"

    def is_of(self, index: int, name: str) -> bool:
        """Is it this disk that is wanted?"""
        return name == self.name if self.name else index == self.disk


def asked(instance: str, settings: Settings) -> Asked:
    """What the API wants of the instance. Raises :class:`Trouble` when none says so."""
    if not settings.apis:
        return Asked(ours=False, disk=None)
    return _tried(settings, lambda api: _wanted(api, instance, settings))


def _wanted(api: str, instance: str, settings: Settings) -> Asked:
    told = _answer(_request(api, instance, settings), settings)
    try:
        found = json.loads(told)
        about = {"name": found.get("name", ""), "format": found.get("format", "qcow2")}
        return Asked(ours=bool(found["ours"]), disk=found["disk"], **about)
    except (ValueError, KeyError, TypeError):
        raise Trouble(f"the answer of {api} cannot be read: is this OS definition of its version?") from None


def told_as(format: str, disk: Path) -> Packed | Plain:
    """A disk in the format in which it is wanted."""
    return Plain(disk) if format == "raw" else Packed(disk)


def send(instance: str, asked: Asked, disk: Path, settings: Settings) -> int:
    """Give the content to the API; how many bytes that were, 0 when nobody wants them any more. Raises :class:`Trouble`."""
    packed = told_as(asked.format, disk)

    def put(api: str) -> int:
        if _wanted(api, instance, settings) != asked:  # the one who wanted it may have gone since
            return 0
        request = _request(api, f"{instance}/{asked.name or asked.disk}", settings)
        request.method, request.data = "PUT", _summed(packed)
        request.add_header("Content-Type", "application/octet-stream")
        request.add_header("Content-Length", str(packed.length + hashlib.sha512().digest_size))
        _answer(request, settings)
        return packed.length

    return _tried(settings, put)


def _summed(packed: Packed | Plain) -> Iterator[bytes]:
    summed = hashlib.sha512()
    for piece in packed.pieces():
        summed.update(piece)
        yield piece
    yield summed.digest()


def _request(api: str, what: str, settings: Settings) -> urllib.request.Request:
    url = f"{api}{_PATH}/{quote(what)}"
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {key(settings)}"})  # noqa: S310 - the opener knows no other


def _answer(request: urllib.request.Request, settings: Settings) -> bytes:
    with fetching.opener(redirected=False).open(request, timeout=settings.timeout) as answer:
        return bytes(answer.read(MOST))


def _tried(settings: Settings, attempt: Callable[[str], Answer]) -> Answer:
    """What the first API answers that does."""
    troubles: dict[str, str] = {}
    for turn in range(ROUNDS):
        time.sleep(PAUSE * turn)
        for api in settings.apis:
            try:
                return attempt(api)
            except (OSError, http.client.HTTPException) as error:
                troubles[api] = fetching.reason(error)
                if isinstance(error, urllib.error.HTTPError) and error.code in _NEVER:
                    raise Trouble(f"{api} refuses it: {troubles[api]}") from None
    told = ", ".join(f"{api}: {why}" for api, why in troubles.items())
    raise Trouble(f"no API answers for this disk: {told}")
