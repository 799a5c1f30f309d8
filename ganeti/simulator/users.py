"""Who may use the remote API: a file of lines ``user password write`` or ``user password read``, as Ganeti's own.

Read anew for each request, so that a change counts at once. Passwords are compared in constant time and never shown.
"""

import base64
import binascii
import hmac
import os
from pathlib import Path

from logic import clock

_WORDS = 3


class Users:
    """The users of a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def may_write(self, authorization: str) -> bool | None:
        """What an ``Authorization`` header allows: to write, to read only, or nothing (None)."""
        user, password = _basic(authorization)
        for line in self._lines():
            words = line.split()
            known = len(words) == _WORDS and words[0] == user
            if known and hmac.compare_digest(words[1].encode(), password.encode()):
                return {"write": True, "read": False}.get(words[2])
        return None

    def _lines(self) -> list[str]:
        try:
            return [line for line in self._path.read_text().splitlines() if not line.startswith("#")]
        except OSError:
            return []


def first_user(path: Path) -> None:
    """Make a file with one user who may write, ``synnefo``, and a password of its own. Keeps one that is there."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"synnefo {clock.new_token(24)} write\n")


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
