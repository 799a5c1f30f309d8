"""What may be asked of servers: each function is one transaction: who may, does quota allow, can the backend, does the
state allow, record the command.

Called by the API facades and operator commands. Refusals are raised before anything is written; the caller answers 202
and the ledger does the rest. What needs no backend (names, metadata, tags, locks) is in ``attributes``. How servers are
made is in ``creating``, how they are made anew in ``rebuilding``, how they get another size in ``resizing``, how they boot
another system in ``rescuing``, how they stand still in ``pausing``, how they are moved in ``migrating``; flavors and key
pairs, which no backend knows, are in ``flavors`` and ``keypairs``.
"""

from typing import Any

import msgspec
from django.conf import settings

from logic.access import Caller, operator, require
from logic.compute import offloading, states
from logic.compute.agents import set_password as set_password  # noqa: PLC0414
from logic.compute.attributes import Changes as Changes  # noqa: PLC0414 - facades take it from here
from logic.compute.attributes import add_tag as add_tag  # noqa: PLC0414
from logic.compute.attributes import change_server as change_server  # noqa: PLC0414
from logic.compute.attributes import delete_metadata as delete_metadata  # noqa: PLC0414
from logic.compute.attributes import lock_server as lock_server  # noqa: PLC0414
from logic.compute.attributes import remove_tag as remove_tag  # noqa: PLC0414
from logic.compute.attributes import replace_tags as replace_tags  # noqa: PLC0414
from logic.compute.attributes import set_metadata as set_metadata  # noqa: PLC0414
from logic.compute.attributes import unlock_server as unlock_server  # noqa: PLC0414
from logic.compute.capturing import WantedImage as WantedImage  # noqa: PLC0414 - facades take it from here
from logic.compute.capturing import create_image as create_image  # noqa: PLC0414
from logic.compute.checks import can
from logic.compute.consoles import check_console as check_console  # noqa: PLC0414 - facades take it from here
from logic.compute.consoles import log_of as log_of  # noqa: PLC0414
from logic.compute.consoles import open_console as open_console  # noqa: PLC0414
from logic.compute.creating import NewServer as NewServer  # noqa: PLC0414 - facades take it from here
from logic.compute.creating import create_servers as create_servers  # noqa: PLC0414
from logic.compute.holding import held
from logic.compute.migrating import evacuate_server as evacuate_server  # noqa: PLC0414
from logic.compute.migrating import migrate_live as migrate_live  # noqa: PLC0414
from logic.compute.migrating import migrate_server as migrate_server  # noqa: PLC0414
from logic.compute.models import Server
from logic.compute.pausing import pause_server as pause_server  # noqa: PLC0414
from logic.compute.pausing import unpause_server as unpause_server  # noqa: PLC0414
from logic.compute.rebuilding import Rebuilt as Rebuilt  # noqa: PLC0414
from logic.compute.rebuilding import rebuild_server as rebuild_server  # noqa: PLC0414
from logic.compute.rescuing import rescue_server as rescue_server  # noqa: PLC0414
from logic.compute.rescuing import unrescue_server as unrescue_server  # noqa: PLC0414
from logic.compute.resetting import reset_state as reset_state  # noqa: PLC0414
from logic.compute.resizing import confirm_resize as confirm_resize  # noqa: PLC0414
from logic.compute.resizing import resize_server as resize_server  # noqa: PLC0414
from logic.compute.resizing import revert_resize as revert_resize  # noqa: PLC0414
from logic.compute.restoring import Target as Target  # noqa: PLC0414
from logic.compute.sharing import hypervisor_of
from logic.compute.shelving import offload_server as offload_server  # noqa: PLC0414
from logic.compute.shelving import shelve_server as shelve_server  # noqa: PLC0414
from logic.compute.shelving import unshelve_server as unshelve_server  # noqa: PLC0414
from logic.db import new_id
from logic.errors import WrongState
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import (
    AnyCommand,
    DeleteServer,
    DeleteServerAwaiting,
    DeleteServerKeeping,
    RebootServer,
    StartServer,
    StopServer,
)
from logic.transactions import atomically
from logic.volume.leaving import Left, kept_by, left_by


def start_server(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`WrongState`."""
    _begin(caller, id, "start", StartServer(id=new_id(), resource=id, instance=""))


def stop_server(caller: Caller, id: str) -> None:
    """Ask the guest to shut down. Raises :class:`NotFound`, :class:`WrongState`."""
    timeout = settings.GANETI_SHUTDOWN_TIMEOUT
    _begin(caller, id, "stop", StopServer(id=new_id(), resource=id, instance="", timeout=timeout))


def reboot_server(caller: Caller, id: str, *, hard: bool) -> None:
    """Raises :class:`NotFound`, :class:`WrongState`."""
    verb = "reboot-hard" if hard else "reboot"
    _begin(caller, id, verb, RebootServer(id=new_id(), resource=id, instance="", hard=hard))


@atomically
def delete_server(caller: Caller, id: str, *, force: bool = False) -> None:
    """From any state; its volumes stay, and those that are just being put on it or taken off are waited for. Deleting what
    is being deleted changes nothing. Raises :class:`NotFound`."""
    require(caller, "member", "delete a server")
    server = held(caller, id)
    if server.verb == "delete-force" or (server.verb == "delete" and not force):
        return
    command = _removal(server, left_by(server.pk), force=force)
    beginning.begin(caller, "server", server, "delete-force" if force else "delete", command)
    offloading.hurry(server)


def _removal(server: Server, left: Left, *, force: bool) -> DeleteServer:
    force = force or server.observed == states.Observed.PAUSED  # it would not hear that it is to shut down
    about: dict[str, Any] = {"id": new_id(), "resource": server.pk, "instance": server.instance, "force": force}
    if not left.volumes:
        return DeleteServer(**about)
    about |= {"volumes": left.volumes, "hypervisor": hypervisor_of(server.backend)}
    return DeleteServerAwaiting(**about, awaits=left.awaits) if left.awaits else DeleteServerKeeping(**about)


def remove_ghost(server: Server) -> None:
    """Remove the instance that a deleted server left behind (reconcile, after two looks)."""
    row: Server = beginning.hold("server", server.pk)
    if not row.command:
        command = _removal(row, kept_by(row.pk), force=True)
        beginning.begin(operator("reconcile"), "server", row, "delete-force", command, checked=False)


@atomically
def _begin(caller: Caller, id: str, verb: str, command: AnyCommand) -> None:
    require(caller, "member", f"{states.WORDS.get(verb, verb)} a server")
    server = held(caller, id)
    can(server.backend, type(command))
    if verb == "reboot-hard":
        _check_restartable(server)
    command = msgspec.structs.replace(command, instance=server.instance)
    beginning.begin(caller, "server", server, verb, command)


def _check_restartable(server: Server) -> None:
    """Of those in error only one that was not restarted after a resize: of the others nobody knows what would run."""
    phase = states.phase(state_of(server))
    if phase is states.Phase.FAILED and server.fault_code != states.NOT_RESTARTED:
        advice, action = states.ADVICE[phase], states.WORDS["reboot-hard"]
        raise WrongState(action=action, kind="server", id=server.pk, state=str(phase), advice=advice)
