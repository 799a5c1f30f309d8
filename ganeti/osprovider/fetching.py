"""Fetching a file from one of several servers that hold the same: what one begins, another may end.

HTTP and HTTPS only, wherever a redirection leads; no proxy, for Ganeti's scripts have no environment. A key goes to whom the
operator has named for it, and along no redirection. The caller verifies what came: no server is believed. Called by ``sources``.
"""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final

from ganeti.osprovider.troubles import Trouble

ROUNDS: Final = 3  # how often each server is tried
BLOCK: Final = 256 * 1024
_PARTIAL: Final = 206
MISSING: Final = {"404", "410"}


def opener(*, redirected: bool = True) -> urllib.request.OpenerDirector:
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        *([urllib.request.HTTPRedirectHandler] if redirected else []),
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.UnknownHandler,
    ):
        made.add_handler(handler())
    return made


def fetched(
    urls: Sequence[str],
    file: IO[bytes],
    reserve: Callable[[int], None],
    *,
    timeout: float,
    keys: Mapping[str, str] = {},
) -> None:
    """Write what is at one of ``urls`` into ``file``, whole, or raise :class:`Trouble`. ``reserve`` is told its length
    before the first byte is written; ``keys`` are what is shown where."""
    troubles: dict[str, str] = {}
    fetching = _Fetching(file, reserve, timeout, keys)
    for url in [*urls] * ROUNDS:
        try:
            fetching.go_on(url)
        except (OSError, http.client.HTTPException) as error:
            troubles[url] = reason(error)
        else:
            return
    told = ", ".join(f"{url}: {why}" for url, why in troubles.items())
    raise Trouble(
        f"there is no such image: {told}" if {*troubles.values()} <= MISSING else f"cannot fetch the image: {told}"
    )


def reason(error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return str(error.code)
    return str(getattr(error, "reason", "") or getattr(error, "strerror", "") or type(error).__name__)


def _opened(url: str, key: str, headers: Mapping[str, str], timeout: float) -> http.client.HTTPResponse:
    shown = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(url, headers={**headers, **shown})  # noqa: S310 - the opener knows no other scheme
    answer: http.client.HTTPResponse = opener(redirected=not key).open(request, timeout=timeout)
    return answer


def told(url: str, key: str, most: int, *, timeout: float) -> bytes:
    """What is told to who shows this key, ``most`` bytes of it. Raises ``OSError`` and ``http.client.HTTPException``."""
    with _opened(url, key, {}, timeout) as answer:
        return answer.read(most)


class _Fetching:
    """A file that grows, by whichever server."""

    def __init__(
        self, file: IO[bytes], reserve: Callable[[int], None], timeout: float, keys: Mapping[str, str]
    ) -> None:
        self._file, self._reserve, self._timeout, self._keys = file, reserve, timeout, keys
        self._length = self._have = 0

    def go_on(self, url: str) -> None:
        """From where it is; from the start with a server that cannot, or that has another length of it."""
        headers = {"Range": f"bytes={self._have}-"} if self._have else {}
        with _opened(url, self._keys.get(url, ""), headers, self._timeout) as answer:
            if answer.status != _PARTIAL or not self._continues(answer.headers.get("Content-Range", "")):
                self._begin(answer)
            while block := answer.read(BLOCK):
                self._file.write(block)
                self._have += len(block)
                if self._have > self._length:
                    raise http.client.HTTPException("more than was announced")
        if self._have != self._length:
            raise http.client.IncompleteRead(b"")

    def _continues(self, told: str) -> bool:
        return told == f"bytes {self._have}-{self._length - 1}/{self._length}"

    def _begin(self, answer: http.client.HTTPResponse) -> None:
        length = answer.headers.get("Content-Length", "")
        if answer.status == _PARTIAL or not length.isdecimal():
            self._have = 0
            raise http.client.HTTPException("no length")
        self._length, self._have = int(length), 0
        self._file.seek(0)
        self._file.truncate()
        self._reserve(self._length)


def small(urls: Sequence[str], most: int, *, timeout: float) -> bytes | None:
    """The first ``most`` bytes of what is at the first of ``urls`` that has it; None when none has."""
    for url in urls:
        try:
            with opener().open(url, timeout=timeout) as answer:
                return bytes(answer.read(most))
        except (OSError, http.client.HTTPException):
            continue
    return None
