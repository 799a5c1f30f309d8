"""What administrators ask of clusters: to take new servers or none, to be spoken to or not."""

from typing import Any, Literal

import msgspec

from logic.errors import BadRequest
from synnefo.api.compute.render.hosts import BINARY
from synnefo.api.compute.requests.fields import Flag, Name, flag, name
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call

# The word in the address and since which 2.N it is known; all until 2.53.
ACTIONS: dict[str, int] = {"enable": 1, "disable": 1, "disable-log-reason": 1, "force-down": Since.FORCED_DOWN}


class Action(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``PUT /os-services/{action}``."""

    host: Name
    binary: Name
    disabled_reason: Name | None = None
    forced_down: Flag | None = None


class Changes(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``PUT /os-services/{id}``."""

    status: Literal["enabled", "disabled"] | None = None
    disabled_reason: Name | None = None
    forced_down: Flag | None = None


class Host(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The body of ``PUT /os-hosts/{host}``."""

    status: Literal["enable", "disable"] | None = None
    maintenance_mode: Literal["enable", "disable"] | None = None


def action(call: Call, word: str) -> tuple[str, dict[str, Any]]:
    """The host, and what changes of its cluster. Raises :class:`BadRequest`."""
    sent = call.decode(Action)
    if sent.binary != BINARY:
        raise BadRequest(reason=f"The only service of a host is {BINARY}.")
    if (sent.disabled_reason is None) == (word == "disable-log-reason"):
        raise BadRequest(reason="The field disabled_reason belongs to disable-log-reason, and to that alone.")
    if (sent.forced_down is None) == (word == "force-down"):
        raise BadRequest(reason="The field forced_down belongs to force-down, and to that alone.")
    if sent.forced_down is not None:
        return sent.host, {"offline": flag(sent.forced_down, "forced_down")}
    return sent.host, _drained(word != "enable", sent.disabled_reason)


def changes(call: Call) -> dict[str, Any]:
    """Of a cluster. Raises :class:`BadRequest`."""
    sent = call.decode(Changes)
    if sent.status is None and sent.forced_down is None:
        raise BadRequest(reason="Send a status or forced_down.")
    if sent.disabled_reason is not None and sent.status != "disabled":
        raise BadRequest(reason="Only a service that is disabled has a disabled_reason.")
    found = {} if sent.status is None else _drained(sent.status == "disabled", sent.disabled_reason)
    if sent.forced_down is not None:
        found["offline"] = flag(sent.forced_down, "forced_down")
    return found


def _drained(drained: bool, why: str | None) -> dict[str, Any]:
    return {"drained": drained, "drained_reason": name(why, "disabled_reason") if why else ""}


def host(call: Call) -> Host:
    """Raises :class:`BadRequest`."""
    sent = call.decode(Host)
    if sent.status is None and sent.maintenance_mode is None:
        raise BadRequest(reason="Send a status or a maintenance_mode: enable or disable.")
    return sent
