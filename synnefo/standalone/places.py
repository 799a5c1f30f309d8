"""A place of one's own: the port and the state directory, taken before anything is changed in either."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logic.errors import Conflict

BACKLOG = 2048


@contextmanager
def state_of_its_own(var: Path) -> Iterator[None]:
    """Hold the directory until left. Raises :class:`Conflict` when another cloud runs in it."""
    with (var / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                reason=f"Another cloud is running in {var}. Stop it, or take another directory with SYNNEFO_VAR=."
            ) from None
        yield


def instead(var: Path) -> dict[str, object]:
    """What the embedded cloud of this directory goes by whatever is set; nothing when there is none."""
    if not (var / "credentials.json").exists():
        return {}
    return {"BUS": "memory", "WRITERS": 1, "LOG_DIR": str(var / "log")}


def listening(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises :class:`Conflict` when it cannot be had."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        bound.close()
        why = getattr(error, "strerror", None) or error
        raise Conflict(reason=f"Cannot listen on {host}:{port}: {why}. Choose another port with PORT=.") from error
    return bound
