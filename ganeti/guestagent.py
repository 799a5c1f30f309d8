"""What is asked of QEMU's agent in a guest, by the socket that Ganeti gives it (the hypervisor parameter ``use_guest_agent``).

Called by ``passwordhook`` on a guest's node, with Python's own library alone. Whoever answers is the guest: nothing of it is
believed, it is waited for no longer than ``PATIENCE``, and of what it says a sentence is told at most, without the password.
The protocol: https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html
"""

import base64
import json
import secrets
import socket
import time
from typing import Any, Final

PATIENCE: Final = 10.0  # seconds, for all of it: a job of Ganeti's has the instance meanwhile
MOST: Final = 64 * 1024  # bytes that a guest may say
LONGEST: Final = 200  # characters of a reason
_FLUSH: Final = b"\xff"  # what the agent has of an earlier question it forgets
_GRAVE: Final = "CommandNotFound"


class Failed(Exception):  # noqa: N818 - it is what the reader is told
    """What could not be done in a guest, in a sentence that everybody who sees the job may read."""


def set_password(path: str, user: str, password: str, *, patience: float = PATIENCE) -> None:
    """``path``: the agent's socket. Raises :class:`Failed`."""
    sealed = base64.b64encode(password.encode()).decode()
    with socket.socket(socket.AF_UNIX) as plug:
        talk = _Talk(plug, patience)
        try:
            plug.settimeout(patience)
            plug.connect(path)
            talk.greet()
            answer = talk.ask("guest-set-user-password", username=user, password=sealed, crypted=False)
        except FileNotFoundError:
            raise Failed("the guest has no way to an agent: stop and start it first") from None
        except TimeoutError:
            raise Failed("no agent answers in the guest: is qemu-guest-agent installed, and does it run?") from None
        except OSError as error:
            raise Failed(f"the guest's agent cannot be asked: {error.strerror or type(error).__name__}") from None
    if "return" not in answer:
        raise Failed(_reason(answer.get("error"), user, {password, sealed}))


class _Talk:
    """Questions and answers, each a line of JSON. Raises ``OSError``; :class:`Failed` for one who says too much."""

    def __init__(self, plug: socket.socket, patience: float) -> None:
        self._plug, self._until = plug, time.monotonic() + patience
        self._heard, self._left = b"", MOST

    def greet(self) -> None:
        """Answers of before are still under way: those that come before the one with this number are none of ours."""
        number = secrets.randbelow(2**31)
        self._say(_FLUSH, "guest-sync", id=number)
        while self._answer().get("return") != number:
            pass

    def ask(self, word: str, **arguments: object) -> dict[str, Any]:
        self._say(b"", word, **arguments)
        return self._answer()

    def _say(self, before: bytes, word: str, **arguments: object) -> None:
        self._wait()
        self._plug.sendall(before + json.dumps({"execute": word, "arguments": arguments}).encode() + b"\n")

    def _answer(self) -> dict[str, Any]:
        """The next line that is an object."""
        while True:
            line, found, self._heard = self._heard.partition(b"\n")
            if not found:
                self._heard = line + self._more()
                continue
            try:
                answer = json.loads(line.lstrip(_FLUSH))
            except (ValueError, RecursionError):
                continue
            if isinstance(answer, dict):
                return answer

    def _more(self) -> bytes:
        self._wait()
        said = self._plug.recv(4096)
        self._left -= len(said)
        if not said:
            raise ConnectionResetError
        if self._left < 0:
            raise Failed("the guest's agent says too much")
        return said

    def _wait(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._plug.settimeout(left)


def _reason(error: Any, user: str, hidden: set[str]) -> str:
    told = error if isinstance(error, dict) else {}
    if told.get("class") == _GRAVE:
        return "the guest's agent sets no passwords"
    text = "".join(one for one in str(told.get("desc", "")) if one.isprintable())[:LONGEST]
    said = "" if not text or any(one in text for one in hidden) else f": {text}"
    return f"the guest's agent could not set the password of {user}{said}"
