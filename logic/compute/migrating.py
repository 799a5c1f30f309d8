"""Moving a server to another node of its cluster, for administrators: while it runs, stopped and started, or off a node that was
given up. Called by the API facades through ``commands``. A host is a cluster here.

Which node it goes to, the cluster decides. What is known to be impossible is refused at once; the rest fails as its job.
"""

import msgspec
from django.conf import settings

from logic.access import Caller, require
from logic.compute import migration_rows, states
from logic.compute.checks import can, template_of
from logic.compute.holding import held
from logic.compute.models import Server
from logic.compute.states import Phase
from logic.db import new_id
from logic.errors import BadRequest
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.messages.commands import MoveServer
from logic.transactions import atomically

ONE_NODE = frozenset({"file", "plain"})  # kinds of disks that no other node has or reaches
_IN_USE = frozenset({Phase.ACTIVE, Phase.STOPPED})


@atomically
def migrate_live(caller: Caller, id: str, host: str | None = None) -> None:
    """Its guest notices nothing. Raises :class:`NotFound`, :class:`Forbidden`, :class:`WrongState`, and :class:`BadRequest` where
    there is nowhere to go; ``host`` can only be its own cluster."""
    server = _asked(caller, id, "migrate a server")
    beginning.check("server", server, "migrate-live")
    if server.backend.offline:
        reason = f"Compute service of {server.backend.name} is unavailable at this time: it was forced down."
        raise BadRequest(reason=f"{reason} Migrate the server when it is up again.")
    _check_place(server, host)
    _begin(caller, server, "migrate-live", migration_rows.LIVE, live=True)


@atomically
def migrate_server(caller: Caller, id: str, host: str | None = None) -> None:
    """It is stopped and started, unless it is down; then it waits to be confirmed. Raises as :func:`migrate_live`."""
    server = _asked(caller, id, "migrate a server")
    beginning.check("server", server, "migrate")
    _check_place(server, host)
    _begin(caller, server, "migrate", migration_rows.COLD)


def move_back(caller: Caller, server: Server) -> None:
    """To where it was before it was migrated, if its disks are mirrored between two nodes; otherwise to where the cluster's
    allocator says. Called by ``resizing`` in its transaction."""
    can(server.backend, MoveServer)
    command = _command(server)
    beginning.begin(caller, "server", server, "revert-move", command)
    migration_rows.closed(server.pk, by=command.id)


@atomically
def evacuate_server(caller: Caller, id: str, host: str | None = None, *, start: bool = True) -> None:
    """Off a node that its operator has given up. ``start``: it runs afterwards if it was to. Raises as :func:`migrate_live`;
    :class:`BadRequest` too for one that is known to be where it serves its owner."""
    server = _asked(caller, id, "evacuate a server")
    if states.phase(state_of(server)) in _IN_USE:
        reason = f"Compute service of {server.backend.name} is still in use: the node of server {id} is not offline in Ganeti"
        advice = (
            "Mark that (gnt-node modify --offline=yes), which forced_down does not do, or migrate the server instead."
        )
        raise BadRequest(reason=f"{reason}. {advice}")
    verb = "evacuate" if start else "evacuate-stopped"
    beginning.check("server", server, verb)
    _check_place(server, host, nodes=1)
    _begin(caller, server, verb, migration_rows.EVACUATION, lost=True, start=start)


def _asked(caller: Caller, id: str, action: str) -> Server:
    server = held(caller, id)
    require(caller, "admin", action)
    can(server.backend, MoveServer)
    return server


def _check_place(server: Server, host: str | None, *, nodes: int = 2) -> None:
    """Is there anywhere to go? ``nodes`` that can be used are needed on its cluster. Raises :class:`BadRequest`."""
    backend, nowhere = server.backend, "No valid host was found."
    if host not in {None, "", backend.name}:
        raise BadRequest(reason=f"{nowhere} A server moves on its own cluster, {backend.name}; leave the host out.")
    if backend.nodes is not None and backend.nodes < nodes:
        raise BadRequest(reason=f"{nowhere} The cluster {backend.name} has no other node that could take it.")
    template = template_of(server)
    if server.disk and template in ONE_NODE and not server.foreign_name:
        raise BadRequest(reason=f"{nowhere} Disks of the kind {template} are on one node of {backend.name} only.")


def _begin(caller: Caller, server: Server, verb: str, kind: str, **how: bool) -> None:
    command = _command(server, **how)
    beginning.begin(caller, "server", server, verb, command)
    migration_rows.noted(caller, server, kind, command.id)


def _command(server: Server, **how: bool) -> MoveServer:
    patience = settings.GANETI_SHUTDOWN_TIMEOUT
    command = MoveServer(id=new_id(), resource=server.pk, instance=server.instance, timeout=patience)
    return msgspec.structs.replace(command, **how)
