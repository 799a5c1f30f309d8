"""Who may ask vncauthproxy: a file of lines ``user:$6$salt$hash``, hashed by crypt's SHA-512, as its own tool wrote them.

Read anew at each request: a user who is taken out is out at once. Called by ``authproxy`` and ``manage.py vncauthproxy-user``.
"""

import os
from pathlib import Path

from passlib.hash import sha512_crypt

ROUNDS = 100_000  # a fifth of a second at most; the ancestor's 5,000 are read too
LONGEST = 255  # characters of a password
_NOBODY = sha512_crypt.using(rounds=ROUNDS).hash("nobody has this password")


def is_right(file: Path, user: str, password: str) -> bool:
    """In about the same time whether there is such a user or not. Blocks. Raises ``OSError`` for a file that cannot be read."""
    kept = _users(file).get(user)
    if len(password) > LONGEST or "\0" in password:
        return False
    try:
        return bool(sha512_crypt.verify(password, kept or _NOBODY)) and kept is not None
    except ValueError:  # a line that is no hash lets nobody in
        return False


def keep(file: Path, user: str, password: str) -> None:
    """Add a user or change a password; only the file's owner may read it."""
    known = _users(file) if file.exists() else {}
    known[user] = sha512_crypt.using(rounds=ROUNDS).hash(password)
    _write(file, known)


def drop(file: Path, user: str) -> bool:
    """Whether there was one."""
    known = _users(file)
    there = known.pop(user, None) is not None
    _write(file, known)
    return there


def _users(file: Path) -> dict[str, str]:
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return {user: kept for user, _, kept in pairs}


def _write(file: Path, known: dict[str, str]) -> None:
    """Whole or not at all; whose it was before, it is still."""
    new = file.with_suffix(file.suffix + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write("".join(f"{user}:{kept}\n" for user, kept in known.items()))
        if file.exists():
            before = file.stat()
            os.fchown(out.fileno(), before.st_uid, before.st_gid)
            os.fchmod(out.fileno(), before.st_mode & 0o777)
    new.rename(file)
