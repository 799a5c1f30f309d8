"""What a cluster's nodes are asked themselves: what a guest has said on its console, and which are paused (``consolelog`` answers
there).

Blocking, over any :class:`Transport`, with the user and the certificate of the cluster's remote API. Failures are those of
``failures``, as RAPI's are. Called by the adapter ``logic.backends.ganeti``.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from ganeti import failures
from ganeti.consolelog.answering import LOGS, PAUSED
from ganeti.consolelog.files import KEPT
from ganeti.consolelog.serving import PORT
from ganeti.https import RequestsTransport
from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost, Transport
from logic.errors import Gone

TIMEOUT = 10.0  # seconds for a node to answer
AT_ONCE = 3.0  # and for one whose answer a look at the cluster waits for
_OK = 200
Reach = Callable[[str], Transport]  # the transport to a node of this name


class Nodes:
    """Those of one cluster."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def console_log(self, node: str, uuid: str, lines: int) -> bytes | None:
        """The last lines (-1: all) of what the node keeps of an instance's console; None: it keeps nothing of it. Raises
        ``Transient`` and ``Rejected``."""
        asked = str(min(lines, KEPT))  # more lines than bytes there are not
        request = RapiRequest(method="GET", path=f"{LOGS}{uuid}", query=(("lines", asked),), timeout=TIMEOUT)
        response = self._answered(node, request)
        if response.status == _OK:
            return response.body[-KEPT:]
        failure = failures.of_status(request, response)
        if isinstance(failure, Gone):
            return None
        raise failure

    def paused(self, node: str) -> frozenset[str]:
        """The UUIDs of the instances whose guests, if they are there, stand still. Raises ``Transient`` and ``Rejected``."""
        request = RapiRequest(method="GET", path=PAUSED, timeout=AT_ONCE)
        response = self._answered(node, request)
        if response.status != _OK:
            raise failures.of_status(request, response)
        return frozenset(response.body.decode("ascii", "replace").split())

    def _answered(self, node: str, request: RapiRequest) -> RapiResponse:
        try:
            return self._reach(node).send(request)
        except (NotSent, ReplyLost) as error:
            raise failures.of_transport(request, error) from error


def straight(endpoint: str, user: str, password: str, *, ca_file: str = "", port: int = PORT) -> Reach:
    """By HTTPS at the names of the nodes. They show the certificate of the remote API at ``endpoint``, by its name."""
    named = urlsplit(endpoint).hostname or ""

    def reach(node: str) -> Transport:
        return RequestsTransport(f"https://{node}:{port}", user, password, ca_file=ca_file, named=named)

    return reach
