"""A node of the simulator that is asked of its guests, without sockets: it answers as ``ganeti.consolelog`` does."""

from http import HTTPStatus

from ganeti.consolelog.answering import answer
from ganeti.consolelog.files import last
from ganeti.simulator.simulator import Closed, Simulator
from ganeti.transport import NotSent, RapiRequest, RapiResponse


class SimulatedNode:
    """Any of them, as a :class:`ganeti.transport.Transport`: all guests are in the one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def send(self, request: RapiRequest) -> RapiResponse:
        """Raises :class:`NotSent` once the simulator has stopped."""
        reply = answer(request.method, request.path, dict(request.query).get("lines", ""), self.tail, self.paused)
        return RapiResponse(status=HTTPStatus(reply.status), body=reply.body)

    def tail(self, uuid: str, lines: int) -> bytes | None:
        try:
            found = self._simulator.said(uuid)
        except Closed as error:
            raise NotSent("the simulator has stopped") from error
        return None if found is None else last(found, lines)

    def paused(self) -> list[str]:
        try:
            return self._simulator.paused()
        except Closed as error:
            raise NotSent("the simulator has stopped") from error
