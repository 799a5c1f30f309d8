"""One password or secret against what is kept of it, within the bounds on guessing. Called by ``tokens`` and ``users``."""

import structlog

from logic.identity import attempts, secrets
from logic.identity.refusals import LoginFailed

log = structlog.get_logger("synnefo.identity")


def prove(key: attempts.Key, kept: str, given: str, *, locks: bool = True) -> None:
    """``key``: for whom and from where; ``kept`` empty: nobody, which takes as long; ``locks`` False: the account is never
    locked. Raises :class:`LoginFailed`, whatever is wrong, and :class:`TooManyRequests`."""
    attempts.logins.begin(key)
    locked = locks and attempts.logins.is_locked(key)
    right = secrets.matches(kept, given)
    if right and not locked:
        attempts.logins.succeeded(key)
        return
    if not locked:
        attempts.logins.failed(key)
    log.warning("login failed", user=key[0], address=key[1], known=bool(kept), locked=locked)
    raise LoginFailed
