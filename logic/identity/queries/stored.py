"""Reading credentials that are kept for their users: one's own, or for admins anybody's.

They are told with their secrets, so what was made to do less sees less: a token from an application credential sees what was made
with that one, and only if it is unrestricted.
"""

from django.db.models import Q, QuerySet

from logic import secretkeys
from logic.access import Caller
from logic.identity.infos import StoredInfo
from logic.identity.models import StoredCredential
from logic.identity.queries.listing import ALL, Listing, listed, one
from logic.identity.refusals import Delegated
from logic.policy import allowed, permit

EC2 = "ec2"
_COLUMNS = {"user_id": "user", "type": "type", "project_id": "project"}


def credentials(caller: Caller, asked: Listing = ALL) -> list[StoredInfo]:
    """A page of all, or of the caller's own. Raises :class:`Delegated`, :class:`BadRequest`."""
    check_delegated(caller)
    rows = _seen(caller)
    if not allowed(caller, "identity:list_credentials", user_id=""):
        rows = rows.filter(user=caller.user)
    return [stored_info(row) for row in listed(rows, asked, _COLUMNS, first="id")]


def credential(caller: Caller, id: str) -> StoredInfo:
    """Another's looks unknown. Raises :class:`Delegated`, :class:`NotFound`."""
    return stored_info(visible(caller, id, "identity:get_credential"))


def visible(caller: Caller, id: str, rule: str) -> StoredCredential:
    """The row, if the rule lets the caller have to do with it. Raises :class:`Delegated`, :class:`NotFound`."""
    check_delegated(caller)
    rows = _seen(caller)
    return one(rows if allowed(caller, rule, user_id="") else rows.filter(_mine(caller, rule)), "credential", id)


def ec2_keys(caller: Caller, user: str) -> list[StoredInfo]:
    """Raises :class:`Forbidden`."""
    permit(caller, "identity:ec2_list_credentials", user_id=user)
    check_delegated(caller)
    return [stored_info(row) for row in _seen(caller).filter(user=user, type=EC2)]


def ec2_key(caller: Caller, user: str, digest: str) -> StoredInfo:
    """By the digest of its access key. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:ec2_get_credential", user_id=user)
    check_delegated(caller)
    row = _seen(caller).filter(user=user, type=EC2, access=digest).first()
    return stored_info(row or one(StoredCredential.objects.none(), "EC2 key", digest))


def check_delegated(caller: Caller) -> None:
    """Raises :class:`Delegated`."""
    if caller.credential and not caller.unrestricted:
        raise Delegated(action="have to do with kept credentials")


def stored_info(row: StoredCredential) -> StoredInfo:
    return StoredInfo(
        id=row.id,
        user=row.user_id,
        project=row.project_id or "",
        type=row.type,
        blob=secretkeys.current().decrypt(row.blob),
    )


def _seen(caller: Caller) -> QuerySet[StoredCredential]:
    rows = StoredCredential.objects.all()
    return rows.filter(source=caller.credential) if caller.credential else rows


def _mine(caller: Caller, rule: str) -> Q:
    mine = allowed(caller, rule, user_id=caller.user)
    return Q(user=caller.user) if mine else Q(pk__in=[])
