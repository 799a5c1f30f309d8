"""Reading application credentials: one's own, or for admins anybody's. Secrets are never shown again."""

from logic.access import Caller
from logic.errors import Forbidden, NotFound
from logic.identity.infos import CredentialInfo
from logic.identity.models import ApplicationCredential
from logic.identity.queries.rows import credential_info


def owned(caller: Caller, user: str, action: str) -> None:
    """Raises :class:`Forbidden` for another user's, whether there is such a user or not."""
    if user != caller.user and not caller.is_admin:
        raise Forbidden(action=action, needs="admin")


def credentials(caller: Caller, user: str, *, name: str = "") -> list[CredentialInfo]:
    """Raises :class:`Forbidden`."""
    owned(caller, user, "list another user's application credentials")
    rows = ApplicationCredential.objects.filter(user=user, **({"name": name} if name else {}))
    return [credential_info(row) for row in rows]


def credential(caller: Caller, user: str, id: str) -> CredentialInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    owned(caller, user, "show another user's application credential")
    row = ApplicationCredential.objects.filter(user=user, pk=id).first()
    if row is None:
        raise NotFound(kind="application credential", id=id)
    return credential_info(row)
