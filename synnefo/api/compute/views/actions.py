"""``POST /servers/{id}/action``: what can be done is in :data:`ACTIONS`; what Nova can do and this cloud cannot, in
:data:`ABSENT`, is refused in those words; anything else is no action at all.
"""

import functools
from collections.abc import Callable
from typing import Any

import msgspec

from logic import decoding
from logic.access import require
from logic.compute import commands, queries
from logic.errors import BadRequest, NotSupported, WrongState
from logic.network.security import members, switch
from logic.volume import queries as volumes
from synnefo.api.compute.render import servers as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.server_answers import ServerRebuilt
from synnefo.api.compute.requests import changes, rebuilding
from synnefo.api.compute.requests.consoles import OLD
from synnefo.api.compute.requests.lifecycle import empty
from synnefo.api.compute.versions import MAXIMUM, Since
from synnefo.api.compute.views import capturing, consoles, floating_ips, lifecycle, moving
from synnefo.api.kernel import reading
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import acts, describes
from synnefo.api.kernel.faults import Removed


def act_on_server(call: Call, server_id: str) -> Answer:
    name, value = changes.action(call)
    if (action := _action(name)) and call.version[1] <= LAST.get(name, MAXIMUM[1]):
        return action(call, server_id, value) or Answer(202)
    absent = ABSENT.get(name)
    if absent is None or not absent.since <= call.version[1] <= absent.until:
        reason = f"There is no action {reading.clipped(name)!r} in version 2.{call.version[1]}. Use one of {_known()}."
        raise BadRequest(reason=reason)
    queries.server(call.caller, server_id)
    if absent.admin:
        require(call.caller, "admin", f"the action {name}")
    if absent.removed:
        raise Removed(reason=f"The action {name} is no more. {absent.advice}")
    raise NotSupported(reason=f"The action {name} is not possible in this cloud. {absent.advice}".strip())


def _action(name: str) -> Callable[[Call, str, Any], Answer | None] | None:
    return GROUP_ACTIONS.get(name) if name in GROUP_ACTIONS and switch.on() else ACTIONS.get(name)


@describes(status=202)
def _start(call: Call, id: str, value: Any) -> None:
    empty("os-start", value)
    commands.start_server(call.caller, id)


@describes(status=202)
def _stop(call: Call, id: str, value: Any) -> None:
    empty("os-stop", value)
    commands.stop_server(call.caller, id)


@describes(takes=changes.Reboot, status=202)
def _reboot(call: Call, id: str, value: Any) -> None:
    try:
        wanted = decoding.convert(value, changes.Reboot)
    except msgspec.ValidationError:
        raise BadRequest(reason='The action reboot needs {"type": "SOFT"} or {"type": "HARD"}.') from None
    commands.reboot_server(call.caller, id, hard=wanted.type.upper() == "HARD")


@describes(status=202)
def _force_delete(call: Call, id: str, value: Any) -> None:
    empty("forceDelete", value)
    commands.delete_server(call.caller, id, force=True)


@describes(takes=rebuilding.Wanted, gives={"server": ServerRebuilt}, status=202)
def _rebuild(call: Call, id: str, value: Any) -> Answer:
    password = commands.rebuild_server(call.caller, id, rebuilding.rebuilt(call, value))
    (server,) = volumes.shown([queries.server(call.caller, id)])
    view = render.rebuilt(server, frame(call), password)
    return Answer(202, {"server": view}, {"Location": view["links"][0]["href"]})


@describes(takes=changes.Resize, status=202)
def _resize(call: Call, id: str, value: Any) -> None:
    commands.resize_server(call.caller, id, *changes.resize(value))


@describes(status=204)
def _confirm_resize(call: Call, id: str, value: Any) -> Answer:
    empty("confirmResize", value)
    commands.confirm_resize(call.caller, id)
    return Answer(204)


@describes(status=202)
def _revert_resize(call: Call, id: str, value: Any) -> None:
    empty("revertResize", value)
    commands.revert_resize(call.caller, id)


@describes(takes=changes.Lock | None, status=202)
def _lock(call: Call, id: str, value: Any) -> None:
    commands.lock_server(call.caller, id, changes.lock(call, value))


@describes(status=202)
def _unlock(call: Call, id: str, value: Any) -> None:
    empty("unlock", value)
    commands.unlock_server(call.caller, id)


@describes(takes=changes.Reset, status=202)
def _reset_state(call: Call, id: str, value: Any) -> None:
    commands.reset_state(call.caller, id, error=changes.is_error(value))


@describes(status=202)
def _inject_network(call: Call, id: str, value: Any) -> None:
    """A guest has been told all that there is; Nova's drivers do no more."""
    empty("injectNetworkInfo", value)
    queries.server(call.caller, id)
    require(call.caller, "admin", "the action injectNetworkInfo")


@describes(answers={}, refuses=[409])
def _restore(call: Call, id: str, value: Any) -> None:
    """Deleted servers are gone, and the others need none."""
    empty("restore", value)
    require(call.caller, "member", "the action restore")
    server = queries.server(call.caller, id)
    advice = "Deleted servers do not come back in this cloud."
    raise WrongState(action="restore", kind="server", id=id, state=server.vm_state, advice=advice)


@describes(answers={}, refuses=[409])
def _resume(call: Call, id: str, value: Any) -> None:
    """No server is suspended here, and Nova looks at that first."""
    empty("resume", value)
    require(call.caller, "member", "the action resume")
    server = queries.server(call.caller, id)
    raise WrongState(action="resume", kind="server", id=id, state=server.vm_state, advice="It is not suspended.")


@describes(takes=changes.Group, status=202)
def _add_group(call: Call, id: str, value: Any) -> None:
    members.add_to_server(call.caller, id, _group("addSecurityGroup", value))


@describes(takes=changes.Group, status=202)
def _remove_group(call: Call, id: str, value: Any) -> None:
    members.remove_from_server(call.caller, id, _group("removeSecurityGroup", value))


def _group(name: str, value: Any) -> str:
    try:
        return decoding.convert(value, changes.Group).name
    except msgspec.ValidationError:
        raise BadRequest(reason=f'The action {name} needs {{"name": …}}, of a security group.') from None


# What answers 202 answers nothing.
ACTIONS: dict[str, Callable[[Call, str, Any], Answer | None]] = {
    "os-start": _start,
    "os-stop": _stop,
    "reboot": _reboot,
    "rebuild": _rebuild,
    "resize": _resize,
    "confirmResize": _confirm_resize,
    "revertResize": _revert_resize,
    "changePassword": lifecycle.change_password,
    "pause": lifecycle.pause,
    "unpause": lifecycle.unpause,
    "shelve": lifecycle.shelve,
    "shelveOffload": lifecycle.shelve_offload,
    "unshelve": lifecycle.unshelve,
    "rescue": lifecycle.rescue,
    "unrescue": lifecycle.unrescue,
    "createImage": capturing.create_image,
    "createBackup": capturing.create_backup,
    "migrate": moving.migrate,
    "os-migrateLive": moving.migrate_live,
    "evacuate": moving.evacuate,
    "forceDelete": _force_delete,
    "os-resetState": _reset_state,
    "injectNetworkInfo": _inject_network,
    "restore": _restore,
    "resume": _resume,
    "lock": _lock,
    "unlock": _unlock,
    "os-getConsoleOutput": consoles.console_log,
    **{name: functools.partial(consoles.old_console, name) for name in OLD},
}
GROUP_ACTIONS: dict[
    str, Callable[[Call, str, Any], None]
] = {  # in a cloud that has security groups and floating addresses
    "addSecurityGroup": _add_group,
    "removeSecurityGroup": _remove_group,
    "addFloatingIp": floating_ips.add_to_server,
    "removeFloatingIp": floating_ips.remove_from_server,
}
acts({**ACTIONS, **GROUP_ACTIONS}, refuses=[410, 501])(act_on_server)
LAST: dict[str, int] = {  # the last 2.N in which an action is known
    **dict.fromkeys(OLD, Since.REMOTE_CONSOLES - 1),
    **dict.fromkeys(("addFloatingIp", "removeFloatingIp"), Since.NO_ADDRESS_ACTIONS - 1),
}


def _known() -> str:
    return ", ".join(name for name in (*ACTIONS, *(GROUP_ACTIONS if switch.on() else ())) if name not in LAST)


class Absent(msgspec.Struct, frozen=True):
    """An action of Nova's: what to do instead, whether it is for admins, from which to which 2.N Nova has it, and whether Nova
    itself has ``removed`` it, at every version."""

    advice: str = ""
    admin: bool = False
    since: int = 1
    until: int = MAXIMUM[1]
    removed: bool = False


_ADDRESS = Absent("A server has the addresses of its networks.", until=Since.NO_ADDRESS_ACTIONS - 1)
_GROUP = Absent("Every server is in the group default.")
ABSENT: dict[str, Absent] = {
    "suspend": Absent("Pause or stop it instead."),
    "addSecurityGroup": _GROUP,
    "removeSecurityGroup": _GROUP,
    "addFixedIp": _ADDRESS,
    "removeFixedIp": _ADDRESS,
    "addFloatingIp": _ADDRESS,
    "removeFloatingIp": _ADDRESS,
    "resetNetwork": Absent("Reboot it instead.", admin=True, removed=True),
    "trigger_crash_dump": Absent("Reboot it hard instead.", since=Since.CRASH_DUMP),
}
