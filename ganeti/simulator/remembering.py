"""What the remote API has answered before, for lies: a stale read tells again what was so when it was last asked.

Each door (``server``, ``transport``) has one and asks it when ``Faults`` say ``stale``.
"""

from collections import OrderedDict
from http import HTTPStatus
from typing import Final

from ganeti.transport import RapiRequest, RapiResponse

Question = tuple[str, object, bytes | None]
MOST: Final = 200  # answers kept; the ones not asked for longest go first


class Answers:
    """The last true answer to each question."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Question, RapiResponse] = OrderedDict()

    def keep(self, request: RapiRequest, response: RapiResponse) -> None:
        """Remember an answer, unless it was to an order or is a failure."""
        if not request.is_order and response.status == HTTPStatus.OK:
            self._kept[_question(request)] = response
            self._kept.move_to_end(_question(request))
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def old(self, request: RapiRequest) -> RapiResponse | None:
        """What was answered when this was last asked; None when it never was, or is an order."""
        return None if request.is_order else self._kept.get(_question(request))


def _question(request: RapiRequest) -> Question:
    return request.path, request.query, request.body
