"""Who may see a server's screen: tickets, good once and for half a minute, and what an open console's right depends on.

A ticket belongs to a server and to the token that asked for it: when the token, the role or the server goes, so do the ticket and
every console opened with it. Called by the compute facade (:func:`open_console`) and by ``synnefo.console``, which carries
the bytes; where the screen is, only the cluster knows.
"""

import datetime
from typing import Final

import msgspec

from logic import clock
from logic.access import Caller, require
from logic.compute import states
from logic.compute.models import ConsoleTicket, Server
from logic.compute.states import Observed
from logic.errors import NotFound, Refusal, WrongState
from logic.identity import secrets
from logic.identity.queries.tokens import holder
from logic.ledger import beginning
from logic.ledger.resources import state_of
from logic.transactions import atomically

LIFETIME: Final = datetime.timedelta(seconds=30)
_HAS_A_GUEST: Final = frozenset({Observed.RUNNING, Observed.PAUSED, Observed.STOPPED, Observed.CRASHED})


class NoTicket(Refusal):
    """This console ticket is unknown, used or too old. Ask for a new one: openstack console url show SERVER"""

    code = "no-ticket"


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """Whose screen may be seen, and by whose right. ``instance_uuid`` is the cluster's own name of the machine."""

    server: str
    backend: str
    instance: str
    instance_uuid: str
    token: str
    user: str


@atomically
def open_console(caller: Caller, id: str) -> str:
    """A ticket, whose text is not kept. Raises :class:`NotFound`, :class:`WrongState` unless the server runs."""
    require(caller, "member", "open a console")
    check_runs(_seen(caller, id), "open a console of")
    ticket = clock.new_token(32)
    ConsoleTicket.objects.create(
        pk=secrets.digest(ticket), server=id, token=caller.token, expires_at=clock.now() + LIFETIME
    )
    return ticket


def check_console(caller: Caller, id: str, action: str) -> None:
    """Would there be a console to see? Raises :class:`NotFound`, :class:`WrongState`."""
    require(caller, "member", f"{action} a server")
    check_runs(_seen(caller, id), action)


@atomically
def admit(ticket: str) -> Admission:
    """Use a ticket up. Raises :class:`NoTicket`, whatever is wrong with it; other refusals when the server, or the right to
    see it, is not what it was."""
    if len(ticket) > secrets.MAX_TOKEN:
        raise NoTicket
    row = ConsoleTicket.objects.filter(pk=secrets.digest(ticket), expires_at__gt=clock.now()).first()
    if row is None or not ConsoleTicket.objects.filter(pk=row.pk).delete()[0]:  # another was faster
        raise NoTicket
    caller, server = _entitled(row.token, row.server)
    check_runs(server, "open a console of")
    beginning.note(caller, "server", server.pk, "console")
    return _admission(caller, server)


def check(admission: Admission) -> None:
    """Does an open console still have its right? Raises the refusal that ends it."""
    if _admission(*_entitled(admission.token, admission.server)) != admission:
        raise NotFound(kind="server", id=admission.server)


def _entitled(token: str, id: str) -> tuple[Caller, Server]:
    caller = holder(token)
    require(caller, "member", "open a console")
    return caller, _seen(caller, id)


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """Whose console log may be read, as in :class:`Admission`."""

    server: str
    backend: str
    instance: str
    instance_uuid: str


def log_of(caller: Caller, id: str) -> Logged:
    """What was said there can be read of a server that has ended too: why it did is told last. Raises :class:`NotFound`,
    :class:`WrongState` for one that has no guest yet, and while its import is not confirmed."""
    require(caller, "member", "read the log of a server")
    server = _seen(caller, id)
    phase = states.phase(state_of(server))
    if server.observed not in _HAS_A_GUEST or phase is states.Phase.IMPORTED:
        advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
        raise WrongState(action="read the log of", kind="server", id=server.pk, state=str(phase), advice=advice)
    return Logged(
        server=server.pk,
        backend=server.backend.name if server.backend else "",
        instance=server.instance,
        instance_uuid=server.backend_uuid,
    )


def prune_tickets(limit: int) -> int:
    """Delete those that nobody has used, at most ``limit``; how many went."""
    old = ConsoleTicket.objects.filter(expires_at__lte=clock.now()).order_by("expires_at").values_list("pk", flat=True)
    ids = list(old[:limit])
    return ConsoleTicket.objects.filter(pk__in=ids).delete()[0] if ids else 0


def check_runs(server: Server, action: str) -> None:
    """A guest that runs has a screen and a log, whatever is being done to it. Raises :class:`WrongState` for others, and for
    one whose import is not confirmed: who sees a screen has its keyboard."""
    phase = states.phase(state_of(server))
    if server.observed not in {Observed.RUNNING, Observed.PAUSED} or phase is states.Phase.IMPORTED:
        advice = states.ADVICE.get(phase, states.DEFAULT_ADVICE)
        raise WrongState(action=action, kind="server", id=server.pk, state=str(phase), advice=advice)


def _seen(caller: Caller, id: str) -> Server:
    """Another tenant's server is as unknown as one that never was; so is a deleted one."""
    row = Server.objects.select_related("backend").filter(pk=id).exclude(observed=Observed.GONE).first()
    if row is None or not (caller.is_admin or row.project == caller.project):
        raise NotFound(kind="server", id=id)
    return row


def _admission(caller: Caller, server: Server) -> Admission:
    return Admission(
        server=server.pk,
        backend=server.backend.name if server.backend else "",
        instance=server.instance,
        instance_uuid=server.backend_uuid,
        token=caller.token,
        user=caller.user,
    )
