"""Servers that were taken over as they are: from their import on they are shown and counted, and nothing may be asked of them,
until an operator confirms that they are whose they are said to be, or has them forgotten.

Called by ``manage.py cluster-import`` (``synnefo.management.taking``), which marks an instance on its cluster before it is
confirmed here. How they are made is in ``adopting``.
"""

from logic.access import Caller, require
from logic.backends.base import Marks
from logic.compute.models import Server
from logic.compute.states import Mode, Observed
from logic.errors import Conflict
from logic.ledger import beginning, forgetting
from logic.network.models import Port
from logic.transactions import atomically


def waiting(backend: str) -> list[Server]:
    """Those of a cluster that are not confirmed, by their numbers."""
    rows = Server.objects.filter(backend__name=backend, mode=Mode.IMPORTED).exclude(observed=Observed.GONE)
    return list(rows.order_by("number"))


def marks_of(server: Server) -> Marks:
    """What its cluster has to be told of it."""
    ports = Port.objects.filter(device=server.pk).exclude(observed="gone").exclude(backend_uuid="")
    return Marks(server=server.pk, ports=dict(ports.values_list("backend_uuid", "pk")))


@atomically
def confirm(caller: Caller, id: str) -> None:
    """It is a server like any other from now on. Confirmed twice is confirmed. Raises :class:`NotFound`, :class:`Conflict`."""
    require(caller, "admin", "confirm an import")
    server: Server = beginning.hold("server", id)
    if server.mode == Mode.IMPORTED:
        _check_there(server)
        beginning.change_mode(caller, "server", server, Mode.NORMAL, "confirmed")


def _check_there(server: Server) -> None:
    if server.observed in {Observed.NONE, Observed.REMOVED, Observed.GONE}:
        raise Conflict(reason=f"The instance {server.instance} is not there any more. Forget it with --forget.")


@atomically
def forget(caller: Caller, id: str) -> None:
    """The import is undone: the server is gone, what it held of quotas and addresses is given back, and its instance is as it
    was. Raises :class:`NotFound`, :class:`Conflict` for one that is confirmed."""
    require(caller, "admin", "forget an import")
    server: Server = beginning.hold("server", id)
    if server.mode != Mode.IMPORTED:
        raise Conflict(reason=f"Server {id} is not an import that waits to be confirmed. Delete it instead.")
    forgetting.forget(caller, server)
