"""What the remote API has answered before, for lies: a stale read tells again what was so when it was last asked.

Each door (``server``, ``transport``) has one and asks it when ``Faults`` say ``stale``.
"""

from collections import OrderedDict
from http import HTTPStatus
from typing import Final

from ganeti.transport import RapiRequest, RapiResponse

MOST: Final = 200  # answers kept; the ones not asked for longest go first


class Answers:
    """The last true answer to each question."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, object], RapiResponse] = OrderedDict()

    def keep(self, request: RapiRequest, response: RapiResponse) -> None:
        """Remember an answer, unless it was to an order or is a failure."""
        if request.method == "GET" and response.status == HTTPStatus.OK:
            self._kept[request.path, request.query] = response
            self._kept.move_to_end((request.path, request.query))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def old(self, request: RapiRequest) -> RapiResponse | None:
        """What was answered when this was last asked; None when it never was, or is an order."""
        return self._kept.get((request.path, request.query)) if request.method == "GET" else None
