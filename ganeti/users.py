"""Who may use Ganeti's remote API, as its file of users says: lines ``user password write`` or ``user password read``.

A password stands there as it is, or as ``{HA1}`` and the MD5 that HTTP Digest makes of user, realm and password. Passwords are
compared in constant time and never shown. The standard library alone: called by ``consolelog`` on nodes, and by the simulator.
"""

import base64
import binascii
import hashlib
import hmac
from pathlib import Path
from typing import Final

REALM: Final = "Ganeti Remote API"
_WORDS = 3
_PLAIN, _HASHED = "{cleartext}", "{ha1}"


class Users:
    """The users of a file, which is read anew for each request: a change counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def may_write(self, authorization: str) -> bool | None:
        """What an ``Authorization`` header allows: to write, to read only, or nothing (None)."""
        user, password = _basic(authorization)
        for line in self._lines():
            words = line.split(None, _WORDS - 1)
            if len(words) == _WORDS and words[0] == user and _is(user, password, words[1]):
                return {"write": True, "read": False}.get(words[2].strip())
        return None

    def _lines(self) -> list[str]:
        try:
            return [line for line in self._path.read_text().splitlines() if not line.startswith("#")]
        except OSError:
            return []


def _is(user: str, password: str, known: str) -> bool:
    scheme = known[: known.find("}") + 1].lower()
    if scheme == _HASHED:
        password = hashlib.md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
    if scheme in {_HASHED, _PLAIN}:
        known = known[len(scheme) :]
    return hmac.compare_digest(known.encode(), password.encode())


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
