"""How an order fails, in Ganeti's two ways: while it is taken (an HTTP status) or as a job (a result)."""

from typing import Any, Final

# Error codes of Ganeti's, second argument of an OpPrereqError.
UNKNOWN: Final = "unknown_entity"
EXISTS: Final = "already_exists"
NOT_UNIQUE: Final = "resource_not_unique"
INVALID: Final = "wrong_input"
STATE: Final = "wrong_state"
RESOLVER: Final = "resolver_error"
NO_RESOURCES: Final = "insufficient_resources"


class HttpError(Exception):
    """The request is not taken. ``message`` is shown HTML-escaped, as Ganeti does."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status, self.message = status, message


class OpError(Exception):
    """The opcode ends in error with ``result``: ``[class, arguments]``."""

    def __init__(self, message: str, code: str = "", *, kind: str = "OpPrereqError") -> None:
        super().__init__(message)
        self.result: list[Any] = [kind, [message, code] if code else [message]]
