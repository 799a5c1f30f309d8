"""Keys for what must be decryptable again: clusters' passwords and other credentials kept in the database.

Floor: no Django. The keys are in one file, SECRET_KEYS_FILE: made at first use, mode 0600, the same on every node, part
of the backup. A line is a key; the first encrypts, all decrypt, so that a rotation keeps what is stored readable. A
running process notices when the file has changed. ``use`` names the file at start (``synnefo.settings``); ``current``
is the process's keyring. Losing the file is told by :class:`Undecryptable`, never by made-up text.
"""

import base64
import contextlib
import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from logic import clock

MODE = 0o600


class Undecryptable(Exception):  # noqa: N818 - a state
    """Stored text that no key of the file decrypts; the sentence names the file and never the text."""


class Keyring:
    """The keys of one file. Methods raise ``OSError`` when it can neither be read nor made, and ``ValueError`` when it
    holds something else than keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int, int], MultiFernet] | None = None

    def __repr__(self) -> str:
        return f"Keyring({self.path})"

    def encrypt(self, text: str) -> str:
        """ASCII, under the first key. Twice the same text gives two results."""
        return self._fresh().encrypt_at_time(text.encode(), int(clock.timestamp())).decode()

    def decrypt(self, token: str) -> str:
        """Raises :class:`Undecryptable`."""
        try:
            return self._fresh().decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise Undecryptable(
                f"No key in {self.path} decrypts a stored credential. Restore that file from the backup, or enter the"
                " credential again (manage.py backend-modify --password)."
            ) from error

    def rotate(self) -> None:
        """Put a new key first. The older ones stay, for what they encrypted."""
        self._fresh()
        _replace(self.path, f"{_new_key()}\n{self.path.read_text()}")

    def _fresh(self) -> MultiFernet:
        """The keys as the file has them now."""
        if not self.path.exists():
            _make(self.path)
        status = self.path.stat()
        version = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._read is None or self._read[0] != version:
            self._read = version, MultiFernet([_fernet(line, self.path) for line in lines(self.path)])
        return self._read[1]


def lines(path: Path) -> list[str]:
    """The keys of a file; blank lines and comments are passed over. Raises ``ValueError`` when there are none."""
    found = [line.strip() for line in path.read_text().splitlines()]
    keys = [line for line in found if line and not line.startswith("#")]
    if not keys:
        raise ValueError(f"{path} holds no keys. Restore it from the backup, or remove it if nothing is stored yet.")
    return keys


def _fernet(key: str, path: Path) -> Fernet:
    try:
        return Fernet(key)
    except ValueError as error:
        raise ValueError(f"{path} holds a line that is no key: 32 bytes, URL-safe base64") from error


def _new_key() -> str:
    digest = hashlib.sha256(clock.new_token(32).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def _make(path: Path) -> None:
    """Write a first key, whole or not at all. When two processes start at once, one key wins and both use it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = _written(path, f"{_new_key()}\n")
    try:
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink()


def _replace(path: Path, text: str) -> None:
    status = path.stat()
    new = _written(path, text)
    if os.geteuid() == 0:
        os.chown(new, status.st_uid, status.st_gid)
    new.rename(path)


def _written(path: Path, text: str) -> Path:
    """The text in a file beside ``path``, on the disk."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return new


_current: Keyring | None = None


def use(path: Path) -> None:
    """From now on this process's credentials are under the keys of this file, which need not exist yet."""
    global _current  # noqa: PLW0603 - one process has one keyring
    _current = Keyring(path)


def current() -> Keyring:
    """The process's keyring. Raises ``RuntimeError`` before :func:`use`."""
    if _current is None:
        raise RuntimeError("no SECRET_KEYS_FILE has been named: call logic.secretkeys.use first")
    return _current
