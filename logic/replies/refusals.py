"""Why a request with a key is refused. No Django: the kernel's table of codes reads it."""

from logic.errors import Conflict


class KeyReused(Conflict):
    """The Idempotency-Key of this request was used for another request before. Choose a new one for each request, and send the
    same again only with the same request."""

    code = "idempotency-key-reused"
