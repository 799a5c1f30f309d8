"""``Idempotency-Key``: a POST that carries one is done once, however often it is sent (the IETF draft of that header).

The answer of a repetition is the first one's, with ``Idempotency-Replayed: true``. What has to be asked outside later, as a
console's, is made anew each time. Called by ``handling``; what is kept, and for how long, is ``logic.replies``.
"""

from collections.abc import Callable

from logic.replies.commands import Kept, Repeated, once
from synnefo.api.kernel.calls import Answer, Call

HEADER = "Idempotency-Key"
HEADER_IN_META = "HTTP_" + HEADER.upper().replace("-", "_")
REPLAYED = {"Idempotency-Replayed": "true"}


def answered(call: Call, work: Callable[[], Answer]) -> Answer:
    """The answer, of now or of the first time. ``work``'s has to be encoded."""
    key = call.header(HEADER).strip().strip('"')  # the draft has it quoted, most clients do not
    if call.method != "POST" or not call.caller.user or HEADER_IN_META not in call.meta:
        return work()
    later: list[Answer] = []

    def kept() -> Kept | None:
        answer = work()
        if answer.later is None and not isinstance(answer.body, bytes | None):
            raise TypeError("only what is encoded can be kept")
        later.append(answer)
        return None if answer.later else Kept(answer.status, dict(answer.headers), answer.body or b"")

    reply = once(call.caller, key, _asked(call), kept)
    if isinstance(reply, Repeated):
        first = reply.reply
        return Answer(first.status, first.body or None, {**first.headers, **REPLAYED})
    return later[-1]


def _asked(call: Call) -> bytes:
    """All that makes the request what it is."""
    query = sorted((name, values) for name, values in call.query.items())
    return f"{call.method} {call.path} {query} {call.version}\n".encode() + call.body
