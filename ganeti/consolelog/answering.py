"""What a node is asked of its guests, and its answer: the same on a real node and in the simulator.

``GET /logs/<Ganeti's UUID of the instance>?lines=N``: 200 and the bytes as they are, or 404 when there is no such log.
``GET /paused``: 200 and the UUIDs of the instances whose guests stand still, a line each.
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, NamedTuple

Tail = Callable[[str, int], bytes | None]  # the last lines (-1: all) of an instance's log; None: it has none
Paused = Callable[[], Iterable[str]]  # the instances whose guests stand still
LOGS: Final = "/logs/"
PAUSED: Final = "/paused"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINES: Final = re.compile(r"-1|[0-9]{1,9}")


class Reply(NamedTuple):
    status: int
    body: bytes = b""


def answer(method: str, path: str, lines: str, tail: Tail, paused: Paused) -> Reply:
    """``lines`` is the parameter as it came; empty: all of them."""
    if path == PAUSED and method == "GET":
        return Reply(HTTPStatus.OK, "".join(f"{one}\n" for one in paused()).encode())
    uuid = path.removeprefix(LOGS)
    if not path.startswith(LOGS) or not _UUID.fullmatch(uuid):
        return Reply(HTTPStatus.NOT_FOUND)
    if method != "GET":
        return Reply(HTTPStatus.METHOD_NOT_ALLOWED)
    if not _LINES.fullmatch(lines or "-1"):
        return Reply(HTTPStatus.BAD_REQUEST)
    said = tail(uuid, int(lines or "-1"))
    return Reply(HTTPStatus.NOT_FOUND) if said is None else Reply(HTTPStatus.OK, said)
