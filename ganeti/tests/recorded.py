"""A transport that answers from a table and remembers what it was asked."""

import json
from collections.abc import Callable
from typing import Any

from ganeti.transport import RapiRequest, RapiResponse

Answer = Any


class Recorded:
    """``answers``: (method, path) → what RAPI sends: JSON data, a ``RapiResponse``, an exception to raise, a function of
    the request, or a list of these, used up in turn. What is not in the table is 404."""

    def __init__(self, answers: dict[tuple[str, str], Answer]) -> None:
        self.answers = answers
        self.asked: list[RapiRequest] = []

    def send(self, request: RapiRequest) -> RapiResponse:
        self.asked.append(request)
        key = (request.method, request.path)
        bulk = ("bulk", "1") in request.query
        answer = self.answers.get((request.method, f"{request.path}?bulk=1") if bulk else key, _NOT_FOUND)
        return _given(answer, request)

    def orders(self) -> list[RapiRequest]:
        return [one for one in self.asked if one.is_order]

    def body(self, index: int = -1) -> dict[str, Any]:
        """The JSON body of one of the orders."""
        found: dict[str, Any] = json.loads(self.orders()[index].body or b"{}")
        return found

    def query(self, index: int = -1) -> dict[str, str]:
        return dict(self.orders()[index].query)


def _given(answer: Answer, request: RapiRequest) -> RapiResponse:
    if isinstance(answer, list) and answer and isinstance(answer[0], InTurn):
        answer = answer.pop(0).answer if len(answer) > 1 else answer[0].answer
    if isinstance(answer, Callable):  # type: ignore[arg-type]
        answer = answer(request)
    if isinstance(answer, Exception):
        raise answer
    return answer if isinstance(answer, RapiResponse) else RapiResponse(status=200, body=json.dumps(answer).encode())


class InTurn:
    """Marks an answer of several; the last one stays."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def fault(status: int, message: str) -> RapiResponse:
    """Ganeti's error body."""
    body = {"code": status, "message": message, "explain": "see the documentation"}
    return RapiResponse(status=status, body=json.dumps(body).encode())


_NOT_FOUND = fault(404, "Not Found")
