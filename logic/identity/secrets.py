"""Hashing: what is kept of passwords, application credentials and tokens.

Called by ``commands`` and ``queries``. Lengths are capped before anything is hashed, and a password is verified with
the same work whether its user exists or not.
"""

import functools
import hashlib

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import error_to_str

from logic.errors import BadRequest, Unavailable

MAX_PASSWORD = 1024  # characters
MAX_TOKEN = 255
_NO_MEMORY = error_to_str(-22)  # ARGON2_MEMORY_ALLOCATION_ERROR of its C library
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # 19 MiB: OWASP's least for argon2id


def hashed(password: str) -> str:
    """Raises :class:`BadRequest` for a password that is empty or too long."""
    if not 1 <= len(password) <= MAX_PASSWORD:
        raise BadRequest(reason=f"A password or secret has 1 to {MAX_PASSWORD} characters.")
    return _HASHER.hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether this is the password; an empty ``kept`` (nobody) takes as long and is always wrong. Raises
    :class:`Unavailable` when it cannot be found out now, for want of memory: that is no wrong password."""
    if len(password) > MAX_PASSWORD:
        return False
    try:
        _HASHER.verify(kept or _nobody(), password)
    except VerificationError as error:
        if _NO_MEMORY in str(error):
            raise Unavailable(reason="The password cannot be verified now.", retry_after=5) from None
        return False
    except InvalidHashError:
        return False
    return bool(kept)


@functools.cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")


def digest(token: str) -> str:
    """The row's key of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
