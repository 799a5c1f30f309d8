"""From a refusal to an HTTP reply: one table for the code, the dialect for the body.

The most special class named in the table wins, so a service may derive its own refusals from those of
``logic.errors``. A missing or expired token is answered alike everywhere, as Keystone's middleware does.
"""

from logic import errors
from logic.errors import Refusal
from logic.replies.refusals import KeyReused
from synnefo.api.kernel.calls import Answer
from synnefo.api.kernel.dialects import KEYSTONE, Dialect
from synnefo.api.kernel.ranges import Unsatisfiable
from synnefo.api.kernel.versions import VersionOutOfRange


class UnknownRoute(Refusal):
    """There is nothing at {path}. Check the address against the catalog and the API's version."""

    code = "unknown-route"


class Absent(UnknownRoute):
    """This cloud has no {what}. {advice}"""

    code = "absent"


class Removed(Refusal):
    """{reason}"""

    code = "removed"


class MethodNotAllowed(Refusal):
    """{method} is not possible at {path}. Use {allowed}."""

    code = "method-not-allowed"


class UnsupportedMediaType(Refusal):
    """The content type {given} is not supported here. Send {wanted}."""

    code = "unsupported-media-type"


class TooSlow(Refusal):
    """The request body did not arrive within {seconds} seconds. Send it again."""

    code = "too-slow"


class Outdated(Refusal):
    """What was to be changed is not any more what you have seen. Read it again, and send the tag that it has now."""

    code = "outdated"


class Unexpected(Refusal):
    """An unexpected error prevented the server from fulfilling your request. It is logged under {request}: tell your
    administrator that id."""

    code = "unexpected"


CODES: dict[type[Refusal], int] = {
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.QuotaExceeded: 403,
    errors.NotFound: 404,
    UnknownRoute: 404,
    MethodNotAllowed: 405,
    VersionOutOfRange: 406,
    TooSlow: 408,
    errors.Conflict: 409,
    Removed: 410,
    Outdated: 412,
    errors.TooLarge: 413,
    UnsupportedMediaType: 415,
    Unsatisfiable: 416,
    KeyReused: 422,
    errors.TooManyRequests: 429,
    Unexpected: 500,
    errors.NotSupported: 501,
    errors.Unavailable: 503,
}


def status(error: Refusal, dialect: Dialect) -> int:
    """The HTTP code of a refusal in a dialect."""
    for kind in type(error).__mro__:
        if code := dialect.codes.get(kind) or CODES.get(kind):
            return code
    return 400


def fault(error: Refusal, dialect: Dialect, base_url: str) -> Answer:
    """The reply that tells of a refusal."""
    code = status(error, dialect)
    if code == 401:  # noqa: PLR2004 - the HTTP code itself
        headers = {"WWW-Authenticate": f'Keystone uri="{base_url}/identity"', "Content-Type": KEYSTONE.content_type}
        return Answer(code, KEYSTONE.envelope(code, error), headers)
    headers = {"Content-Type": dialect.content_type}
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    if "allowed" in error.facts:
        headers["Allow"] = str(error.facts["allowed"])
    if isinstance(error, errors.TooLarge | TooSlow):
        headers["Connection"] = "close"  # the rest of the body stays unread
    return Answer(code, dialect.envelope(code, error), headers)
