"""Keys for what must be decryptable again: clusters' passwords and other credentials kept in the database.

Floor: no Django. The keys are in one file, SECRET_KEYS_FILE: made at first use, mode 0600, the same on every node, part
of the backup. A line is a key; the first encrypts, all decrypt, so that a rotation keeps what is stored readable. A
running process notices when the file has changed. ``use`` names the file at start (``synnefo.settings``); ``current``
is the process's keyring. A lost or damaged file is told by :class:`KeysUnusable`, which workers take as "try later".
"""

import base64
import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from logic import clock
from logic.errors import Transient

MODE = 0o600
KEY_BYTES = 32


class KeysUnusable(Transient):
    """Nothing can be encrypted or decrypted until an operator has seen to the file; the sentence names it and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, delay=30.0)


class Keyring:
    """The keys of one file. Every method may raise :class:`KeysUnusable`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int, int], list[str]] | None = None

    def __repr__(self) -> str:
        return f"Keyring({self.path})"

    def encrypt(self, text: str) -> str:
        """ASCII, under the first key. Twice the same text gives two results."""
        return self._fernets().encrypt_at_time(text.encode(), int(clock.timestamp())).decode()

    def decrypt(self, token: str) -> str:
        """What :meth:`encrypt` was given, whichever of the keys it used."""
        try:
            return self._fernets().decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise KeysUnusable(
                f"No key in {self.path} decrypts a stored credential. Restore that file from the backup, or enter the"
                " credential again with manage.py backend-modify."
            ) from error

    def rotate(self) -> None:
        """Put a new key first. The older ones stay, for what they encrypted."""
        self._keys()
        with _told(self.path):
            _replace(self.path, f"{_new_key()}\n{self.path.read_text()}")

    def adopt(self, text: str) -> int:
        """Put the keys of another file behind ours, so that what they encrypted is readable here; how many were new.
        Raises :class:`KeysUnusable` when that text holds none."""
        with _told(self.path):
            given = _parse(text)
            if not self.path.exists():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _written(self.path, "\n".join([*given, ""])).rename(self.path)
                return len(given)
            new = [key for key in given if key not in self._keys()]
            if new:
                _replace(self.path, "\n".join([self.path.read_text().rstrip("\n"), *new, ""]))
        return len(new)

    def text(self) -> str:
        """The file as it is, for a backup. Made when there is none."""
        self._keys()
        with _told(self.path):
            return self.path.read_text()

    def fingerprints(self) -> list[str]:
        """The keys by something that tells them apart and gives nothing away, the encrypting one first."""
        return [hashlib.sha256(key.encode()).hexdigest()[:12] for key in self._keys()]

    def _fernets(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys()])

    def _keys(self) -> list[str]:
        """The keys as the file has them now; made when there is no file."""
        with _told(self.path):
            if not self.path.exists():
                _make(self.path)
            status = self.path.stat()
            version = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._read is None or self._read[0] != version:
                self._read = version, _parse(self.path.read_text())
        return self._read[1]


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Trouble with the file, as a sentence."""
    try:
        yield
    except OSError as error:
        raise KeysUnusable(f"{path}, the credential keys, cannot be used: {error.strerror}.") from error
    except ValueError as error:
        raise KeysUnusable(f"{path} holds no credential keys: {error}. Restore it from the backup.") from error


def _parse(text: str) -> list[str]:
    """Blank lines and comments are passed over. Raises ``ValueError``."""
    lines = [line.strip() for line in text.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise ValueError("it is empty")
    for number, key in enumerate(keys, 1):
        if len(base64.urlsafe_b64decode(key.encode())) != KEY_BYTES:
            raise ValueError(f"key {number} is not {KEY_BYTES} bytes in URL-safe base64")
    return keys


def _new_key() -> str:
    digest = hashlib.sha256(clock.new_token(32).encode()).digest()  # KEY_BYTES of it
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
    new = path.with_name(f".{path.name}.{clock.new_uuid()}")
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
