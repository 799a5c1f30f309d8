"""The first user of the simulator's remote API. What its file of users says is in ``ganeti.users``."""

import os
from pathlib import Path

from ganeti.users import Users
from logic import clock

__all__ = ["Users", "first_user"]


def first_user(path: Path) -> None:
    """Make a file with one user who may write, ``synnefo``, and a password of its own. Keeps one that is there."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"synnefo {clock.new_token(24)} write\n")
