"""A gate by the settings, on the API's threads. Called by ``endpoint``; the embedded cloud makes its own of the same bounds."""

from django.conf import settings

from logic.dispatcher.connections import Connections
from synnefo.api.kernel import running
from synnefo.console.gate import Bounds, Gate
from synnefo.console.reaching import Reaching
from synnefo.management import wiring


def gate() -> Gate:
    offload = running.current()
    connections = Connections(offload, wiring.adapters(offload))
    return Gate(offload, Reaching(connections.get, password=settings.CONSOLE_VNC_PASSWORD), bounds())


def bounds() -> Bounds:
    return Bounds(sessions=settings.CONSOLE_SESSIONS, idle=settings.CONSOLE_IDLE_TIMEOUT)
