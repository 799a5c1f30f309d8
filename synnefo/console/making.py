"""What consoles are made of, by the settings, on the API's threads. Called by ``endpoint`` and ``logs``; the embedded cloud makes
its own of the same bounds."""

from django.conf import settings

from logic.dispatcher.connections import Connections
from synnefo.api.kernel import running
from synnefo.console.gate import Bounds, Gate
from synnefo.console.logs import Logs
from synnefo.console.reaching import Reaching
from synnefo.management import wiring


def gate() -> Gate:
    return Gate(running.current(), Reaching(_connections().get, password=settings.CONSOLE_VNC_PASSWORD), bounds())


def logs() -> Logs:
    return Logs(_connections().get)


def bounds() -> Bounds:
    return Bounds(sessions=settings.CONSOLE_SESSIONS, idle=settings.CONSOLE_IDLE_TIMEOUT)


def _connections() -> Connections:
    """Each has threads of its own: screens do not wait for logs of a node that is away."""
    offload = running.current()
    return Connections(offload, wiring.adapters(offload))
