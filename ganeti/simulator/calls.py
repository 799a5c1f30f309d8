"""A request taken apart: what a route's handler gets to see of it."""

from collections.abc import Callable
from typing import Any

import msgspec

from ganeti.simulator.errors import HttpError
from ganeti.simulator.jobs import trail
from ganeti.simulator.parsing import filled
from ganeti.simulator.scheduling import Scheduler
from ganeti.simulator.world import World
from ganeti.transport import RapiRequest
from logic import decoding

_BAD_REQUEST = 400
_BAD_GATEWAY = 502
_DIGITS = 18  # that 64 bits always hold


class Call:
    """One request: ``args`` are the variable parts of its path, decoded; ``now`` when it came."""

    def __init__(self, world: World, scheduler: Scheduler, request: RapiRequest, now: float) -> None:
        self.world, self.scheduler, self.now = world, scheduler, now
        self.args: tuple[str, ...] = ()
        self._request = request

    @property
    def arg(self) -> str:
        """The first variable part."""
        return self.args[0]

    @property
    def number(self) -> int:
        """The first variable part, digits: a job's id. Ganeti's own daemon counts in 64 bits (observed)."""
        if len(self.arg) > _DIGITS:
            raise HttpError(_BAD_GATEWAY, f"Failed to parse request: Invalid value for job ID '{self.arg[:_DIGITS]}…'")
        return int(self.arg)

    @property
    def is_queried(self) -> bool:
        """Has it query parameters?"""
        return bool(self._request.query)

    def text(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return next((value for key, value in self._request.query if key == name), default)

    def all(self, name: str) -> list[str]:
        """A query parameter that may be repeated."""
        return [value for key, value in self._request.query if key == name]

    def flag(self, name: str) -> bool:
        """A query parameter that is a number, not nought."""
        try:
            return bool(int(self.text(name, "0")))
        except ValueError as error:
            raise HttpError(_BAD_REQUEST, f"Invalid value for the '{name}' parameter") from error

    def body(self) -> dict[str, Any]:
        """The JSON object sent; none is an empty one. Raises :class:`HttpError`."""
        if not self._request.body:
            return {}
        try:
            found = decoding.decode(self._request.body)
            msgspec.json.encode(found)  # what we take we must be able to write: no numbers beyond 64 bits
        except (msgspec.DecodeError, UnicodeError, OverflowError, RecursionError) as error:
            raise HttpError(_BAD_REQUEST, "Unable to parse JSON data") from error
        if not isinstance(found, dict):
            raise HttpError(_BAD_REQUEST, f"Body contents: Type is '{type(found).__name__}', but 'dict' is expected")
        return found

    def submit(self, resource: str, opcode: str, body: dict[str, Any], **fixed: Any) -> int:
        """Submit a job of one opcode; ``resource`` is RAPI's name of what was called. Returns the job's id."""
        said = trail(resource, self.text("reason"), self.now)
        return self.submit_all([filled(opcode, body, {**fixed, "reason": said}, self.world.settings.version)])

    def submit_all(self, inputs: list[dict[str, Any]]) -> int:
        return self.scheduler.submit(inputs, self.now).id


Handler = Callable[[Call], Any]
