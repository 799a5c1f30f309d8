"""The opening of the VNC protocol (RFB 3.3, 3.7, 3.8), from its version to the end of its security: pure, no input or output.

Towards a server (:func:`to_server`) we are a viewer, towards a viewer (:func:`to_viewer`, :func:`refusal`) a server. What follows
is the same in all versions, and is relayed as it is. Each is a generator that gives bytes to send, or how many it needs, and
:class:`Handshake` feeds it. Callers: ``opening``.
"""

from collections.abc import Generator
from typing import Final

from synnefo.console import des

NONE, VNC = 1, 2  # security types
V3_3, V3_7, V3_8 = (3, 3), (3, 7), (3, 8)
LONGEST: Final = 4096  # bytes of a reason, and of what may arrive beyond the opening
_GREETING: Final = 12  # bytes
_NAMES: Final = {NONE: "None", VNC: "VNC", 5: "RA2", 16: "Tight", 18: "TLS", 19: "VeNCrypt", 20: "SASL"}
Steps = Generator[bytes | int, bytes, None]


class Broken(Exception):  # noqa: N818 - the field's word
    """The opening came to nothing; ``str()`` says why, for people."""


class Handshake:
    """``feed`` what arrived, send what it returns. ``done``: the opening has succeeded, and ``rest`` is what arrived beyond it;
    ``broken``: it has not, and why."""

    def __init__(self, steps: Steps) -> None:
        self._steps, self._needs, self._begun = steps, 0, False
        self.rest = b""
        self.done, self.broken = False, ""

    def feed(self, data: bytes = b"") -> bytes:
        """What is to be sent now."""
        self.rest += data
        out: list[bytes] = []
        while not (self.done or self.broken) and len(self.rest) >= self._needs:
            given, self.rest = self.rest[: self._needs], self.rest[self._needs :]
            self._turn(given, out)
        return b"".join(out)

    def _turn(self, given: bytes, out: list[bytes]) -> None:
        """One step of the generator."""
        self._needs, begun, self._begun = 0, self._begun, True
        try:
            step = self._steps.send(given) if begun else next(self._steps)
        except StopIteration:
            self.done = True
        except Broken as error:
            self.broken = str(error)
        else:
            if isinstance(step, int):
                self._needs = step
            else:
                out.append(step)


def to_server(password: str = "") -> Steps:
    """As a viewer that takes what asks for nothing, or knows the password."""
    version = _spoken((yield _GREETING))
    yield _greeting(version)
    offered = yield from (_decreed() if version == V3_3 else _offered())
    chosen = _chosen(offered, password)
    if version != V3_3:
        yield bytes([chosen])
    if chosen == VNC:
        yield des.answer((yield des.CHALLENGE), password)
    if chosen == VNC or version == V3_8:
        yield from _result(version)


def to_viewer(password: str = "", challenge: bytes = b"") -> Steps:
    """As a server that asks for the password; for nothing when it is empty."""
    kind = VNC if password else NONE
    version = yield from _agreed()
    if version == V3_3:
        yield _number(kind)
    else:
        yield bytes([1, kind])
        if (asked := (yield 1)[0]) != kind:
            yield _number(1) + (_text("Choose the security that is offered.") if version == V3_8 else b"")
            raise Broken(f"the viewer asked for security {_name(asked)}, which is not offered")
    if kind == VNC:
        yield challenge
        if not des.is_right(challenge, (yield des.CHALLENGE), password):
            yield _number(1) + (_text("The password is wrong.") if version == V3_8 else b"")
            raise Broken("the viewer gave a wrong password")
    if kind == VNC or version == V3_8:
        yield _number(0)


def refusal(reason: str) -> Steps:
    """As a server that lets nobody in, and says why."""
    version = yield from _agreed()
    yield (_number(0) if version == V3_3 else b"\0") + _text(reason)
    raise Broken(reason)


def _agreed() -> Generator[bytes | int, bytes, tuple[int, int]]:
    yield _greeting(V3_8)
    return _spoken((yield _GREETING))


def _spoken(greeting: bytes) -> tuple[int, int]:
    """The version to speak with somebody who greets so: odd ones are spoken to as the standard says. Raises :class:`Broken`."""
    if not (greeting.startswith(b"RFB ") and greeting[7:8] == b"." and greeting.endswith(b"\n")):
        raise Broken("it does not speak VNC")
    try:
        told = int(greeting[4:7]), int(greeting[8:11])
    except ValueError:
        raise Broken("it does not speak VNC") from None
    if told < V3_3:
        raise Broken(f"it speaks version {told[0]}.{told[1]} of VNC, which is too old")
    return V3_8 if told >= V3_8 else V3_7 if told == V3_7 else V3_3


def _greeting(version: tuple[int, int]) -> bytes:
    return b"RFB %03d.%03d\n" % version


def _decreed() -> Generator[bytes | int, bytes, bytes]:
    """In 3.3 the server decides; 0: it refuses."""
    kind = int.from_bytes((yield 4), "big")
    if not kind:
        raise Broken(f"it refused: {(yield from _reason())}")
    return bytes([min(kind, 255)])


def _offered() -> Generator[bytes | int, bytes, bytes]:
    count = (yield 1)[0]
    if not count:
        raise Broken(f"it refused: {(yield from _reason())}")
    return (yield count)


def _chosen(offered: bytes, password: str) -> int:
    """Raises :class:`Broken` when there is nothing that we can do."""
    if VNC in offered and (password or NONE not in offered):
        if not password:
            raise Broken("it asks for a password, and none is set")
        return VNC
    if NONE in offered:
        return NONE
    raise Broken(f"it asks for security of another kind: {', '.join(map(_name, offered))}")


def _result(version: tuple[int, int]) -> Steps:
    if int.from_bytes((yield 4), "big"):
        why = (yield from _reason()) if version == V3_8 else "it did not say why"
        raise Broken(f"it refused the password: {why}")


def _reason() -> Generator[bytes | int, bytes, str]:
    length = int.from_bytes((yield 4), "big")
    return (yield min(length, LONGEST)).decode("utf-8", "replace")


def _name(kind: int) -> str:
    return _NAMES.get(kind, str(kind))


def _number(value: int) -> bytes:
    return value.to_bytes(4, "big")


def _text(text: str) -> bytes:
    told = text.encode()[:LONGEST]
    return _number(len(told)) + told
