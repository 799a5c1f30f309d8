"""Refusals, in words for the reader and types for the handler.

The docstring of each class is the sentence the user reads (facts are filled in), ``code`` is stable for programs, and
``facts`` carry what a caller may need. Which HTTP code that is, and in what envelope, each API dialect decides last:
``synnefo.api.kernel.faults``. Failures of a backend call fold into the three of :class:`BackendFailure`.
"""

from typing import ClassVar

ECHO = 100  # characters


def clipped(text: str, size: int = ECHO) -> str:
    """What a client sent, short enough to repeat to it."""
    return text if len(text) <= size else text[:size] + "…"


class Refusal(Exception):  # noqa: N818 - the field's word: a request may be refused, a fact may not
    """The request was refused."""

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        template = " ".join((type(self).__doc__ or "").split())
        return template.format_map(self.facts) if self.facts else template


class BadRequest(Refusal):
    """{reason}"""

    code = "bad-request"


class Unauthenticated(Refusal):
    """The request you have made requires authentication. Send a valid X-Auth-Token, or get one from POST
    /identity/v3/auth/tokens."""

    code = "unauthenticated"


class Forbidden(Refusal):
    """Policy does not allow {action} with the roles of this token. Ask a project administrator for the role {needs}."""

    code = "forbidden"


class ForbiddenHere(Forbidden):
    """Policy does not allow {action} with the roles of this token: this site has a rule of its own for it, {rule}. Ask an
    administrator of the cloud which roles it wants."""


class NotFound(Refusal):
    """No {kind} {id} could be found. List the ones you can see and check the spelling."""

    code = "not-found"

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts | ({"id": clipped(str(facts["id"]))} if "id" in facts else {}))


class Conflict(Refusal):
    """{reason}"""

    code = "conflict"


class WrongState(Conflict):
    """Cannot {action} {kind} {id} while it is {state}. {advice}"""

    code = "wrong-state"


class Duplicate(Conflict):
    """There is already one {kind} named {id}. Choose another name or delete that one first."""

    code = "duplicate"


class QuotaExceeded(Refusal):
    """Quota exceeded for {resource}: requested {requested}, but already used {used} of {limit}. Delete something or ask
    an administrator for more."""

    code = "quota-exceeded"


class NotSupported(Refusal):
    """{reason}"""

    code = "not-supported"


class Unavailable(Refusal):
    """{reason} Try again in {retry_after} seconds."""

    code = "unavailable"


class TooManyRequests(Refusal):
    """{reason} Try again in {retry_after} seconds."""

    code = "too-many-requests"


class TooLarge(Refusal):
    """The request body is larger than {limit} bytes. Send less."""

    code = "too-large"


class BackendFailure(Exception):  # noqa: N818 - base of the three outcomes below
    """A backend did not do what it was asked; ``__cause__`` keeps the original."""


class Transient(BackendFailure):
    """The backend may do it later: ask again after ``delay`` seconds, each time a little later (``snapshots.postponed``).
    ``unclear`` when the request may have arrived."""

    def __init__(self, reason: str, *, delay: float = 1.0, unclear: bool = False) -> None:
        super().__init__(reason)
        self.delay = delay
        self.unclear = unclear


class Rejected(BackendFailure):
    """The backend will not do it; asking again does not help."""

    def __init__(self, reason: str, *, code: str = "rejected") -> None:
        super().__init__(reason)
        self.code = code


class Gone(BackendFailure):
    """The backend does not know the thing asked about."""


class Malformed(Exception):  # noqa: N818 - the word operators see in the quarantine
    """A message that cannot be understood; ``str()`` is the reason kept with its bytes."""
