"""What is asked of a console: its type, in the ways of old and new versions; how much of its log."""

from typing import Any, Literal

import msgspec

from logic import decoding
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Whole, whole
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call

NOVNC = "novnc"
MKS = 8  # the 2.N from which Nova knows VMware's consoles
OLD: dict[str, tuple[str, ...]] = {  # action → the types that Nova knows for it
    "os-getVNCConsole": ("novnc", "xvpvnc"),
    "os-getSPICEConsole": ("spice-html5",),
    "os-getRDPConsole": ("rdp-html5",),
    "os-getSerialConsole": ("serial",),
}
Protocol = Literal["vnc", "spice", "rdp", "serial", "mks"]
Type = Literal["novnc", "xvpvnc", "spice-html5", "spice-direct", "rdp-html5", "serial", "webmks"]


class RemoteConsole(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    protocol: Protocol
    type: Type


class RemoteConsoleBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of ``POST …/remote-consoles``."""

    remote_console: RemoteConsole


def remote_console(call: Call) -> RemoteConsole:
    """Raises :class:`BadRequest`."""
    wanted = call.decode(RemoteConsoleBody).remote_console
    if wanted.type == "spice-direct" and not call.at_least(Since.SPICE_DIRECT):
        reason = f"The type {wanted.type} is not known in version 2.{call.version[1]}. Ask for 2.{Since.SPICE_DIRECT}."
        raise BadRequest(reason=reason)
    if "mks" in wanted.type and not call.at_least(MKS):
        raise BadRequest(reason=f"The type {wanted.type} is not known in version 2.{call.version[1]}. Ask for 2.{MKS}.")
    return wanted


class OldConsole(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of the old actions."""

    type: str


def old_console(name: str, value: Any) -> str:
    """The type asked for by an old action. Raises :class:`BadRequest`."""
    try:
        wanted = decoding.convert(value, OldConsole).type
    except msgspec.ValidationError:
        wanted = ""
    if wanted not in OLD[name]:
        raise BadRequest(reason=f'The action {name} needs {{"type": "{OLD[name][0]}"}}.')
    return wanted


class Log(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The value of ``os-getConsoleOutput``: lines from the end; -1 and nothing: all."""

    length: Whole | None = None


def log_length(value: Any) -> int:
    """-1: all of it. Raises :class:`BadRequest`."""
    try:
        asked = decoding.convert({} if value is None else value, Log).length
    except msgspec.ValidationError:
        raise BadRequest(
            reason='The action os-getConsoleOutput needs {"length": N}, the number of lines, or {}.'
        ) from None
    return -1 if asked is None else whole(asked, "length", low=-1)
