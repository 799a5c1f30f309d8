"""The simulator as the RAPI client's transport: no sockets, the same answers, the same misfortunes."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from ganeti.simulator.cluster import failure
from ganeti.simulator.remembering import Answers
from ganeti.simulator.simulator import Closed, Simulator
from ganeti.transport import NotSent, RapiRequest, RapiResponse, ReplyLost

REFUSALS: Final = {  # what a fault of the kind is answered with
    "refuse": failure(HTTPStatus.SERVICE_UNAVAILABLE, "Job queue is full, needs archiving"),
    "drained": failure(HTTPStatus.INTERNAL_SERVER_ERROR, "Queue drained"),  # observed on 3.0.2
}


class SimulatorTransport:
    """A :class:`ganeti.transport.Transport`. ``pause`` is what a delayed answer waits with, in seconds: it blocks the
    caller's thread; the simulation passes one that does not. ``may_write`` is false for a read-only user."""

    def __init__(
        self, simulator: Simulator, *, pause: Callable[[float], None] = time.sleep, may_write: bool = True
    ) -> None:
        self._simulator, self._pause, self._may_write = simulator, pause, may_write
        self._answers = Answers()

    def __repr__(self) -> str:
        return "SimulatorTransport()"

    def send(self, request: RapiRequest) -> RapiResponse:
        """Raises :class:`NotSent` or :class:`ReplyLost`, as the faults say."""
        try:
            return self._sent(request)
        except Closed as error:
            raise NotSent(f"{request.method} {request.path}: the simulator has stopped") from error

    def _sent(self, request: RapiRequest) -> RapiResponse:
        fault = self._simulator.misfortune(request)
        kind = fault.kind if fault else ""
        if kind in REFUSALS:
            return REFUSALS[kind]
        if kind == "drop":
            raise NotSent(f"{request.method} {request.path}: simulated: the connection was refused")
        if kind == "stale" and (old := self._answers.old(request)):
            return old
        response = self._simulator.handle(request, may_write=self._may_write)
        self._answers.keep(request, response)
        if kind == "cut":
            raise ReplyLost(f"{request.method} {request.path}: simulated: the answer was cut")
        if fault and kind == "delay":
            self._pause(min(fault.seconds, request.timeout))
            if fault.seconds >= request.timeout:
                raise ReplyLost(f"{request.method} {request.path}: simulated: no answer in time")
        return response
