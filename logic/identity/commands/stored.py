"""Credentials kept for their users, encrypted: EC2 keys, and whatever else has to be told again.

One made with a token for a project is for that project. One made with an unrestricted application credential is worth no more
than that, and goes with it. Of whom and for what it is never changes.
"""

import hashlib

import msgspec
from django.db.models import Q

from logic import clock, decoding, secretkeys
from logic.access import Caller
from logic.errors import BadRequest, Duplicate, Forbidden, NotFound
from logic.identity.commands.rows import bounded, held, saved
from logic.identity.infos import StoredInfo
from logic.identity.models import ApplicationCredential, Project, StoredCredential, User, new_id
from logic.identity.queries.holding import Place, roles_at
from logic.identity.queries.stored import EC2, check_delegated, ec2_key, stored_info, visible
from logic.identity.refusals import Delegated
from logic.policy import permit
from logic.transactions import atomically

MAX_STORED = 200  # of a user


class Ec2Blob(msgspec.Struct, forbid_unknown_fields=True):
    """What a blob of the type ec2 says. Keystone's would also bind it to a trust: that is told by a column here."""

    access: str
    secret: str


class NewStored(msgspec.Struct, frozen=True, kw_only=True):
    """``user`` empty: the caller; ``project`` empty: none, which an EC2 key must have."""

    type: str
    blob: str
    user: str = ""
    project: str = ""


@atomically
def create(caller: Caller, new: NewStored) -> StoredInfo:
    """Raises :class:`Forbidden`, :class:`BadRequest`, :class:`NotFound`, :class:`Duplicate`."""
    user = new.user or caller.user
    permit(caller, "identity:create_credential", user_id=user)
    check_delegated(caller)
    project = new.project or (caller.project if new.type == EC2 and user == caller.user else "")
    if new.type == EC2 and not project:
        raise BadRequest(reason="An EC2 key is for a project: send credential.project_id.")
    _within(caller, user, project)
    if project and not caller.is_admin and not roles_at(user, Place(project=project)):
        raise NotFound(kind="project", id=project)
    owner = held(User, "user", user)
    bounded(owner.stored.all(), MAX_STORED, "credentials")
    row = StoredCredential(
        pk=new_id(),
        user=owner,
        project=held(Project, "project", project) if project else None,
        type=new.type,
        source=_source(caller),
    )
    return _kept(row, new.blob, new=True)


@atomically
def change(caller: Caller, id: str, blob: str | None, same: dict[str, str]) -> StoredInfo:
    """Another ``blob``; ``same``: columns that are told, as they are. Raises :class:`Forbidden`, :class:`NotFound`,
    :class:`BadRequest`, :class:`Duplicate`."""
    row = held(StoredCredential, "credential", visible(caller, id, "identity:update_credential").pk)
    now = {"user": row.user_id, "project": row.project_id or "", "type": row.type}
    if any(now[column] != value for column, value in same.items()):
        raise BadRequest(
            reason="Whose a credential is, for which project and of what type stays as it is. Make another."
        )
    return stored_info(row) if blob is None else _kept(row, blob)


@atomically
def delete(caller: Caller, id: str) -> None:
    """Its tokens end at once. Raises :class:`Forbidden`, :class:`NotFound`."""
    visible(caller, id, "identity:delete_credential").delete()


@atomically
def create_ec2_key(caller: Caller, user: str, project: str) -> StoredInfo:
    """A new key for the user in a project where they have a role. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:ec2_create_credential", user_id=user)
    check_delegated(caller)
    _within(caller, user, project)
    owner = held(User, "user", user)
    bounded(owner.stored.all(), MAX_STORED, "credentials")
    if not roles_at(user, Place(project=project)) or not project:
        raise NotFound(kind="project", id=project)
    row = StoredCredential(pk=new_id(), user=owner, project_id=project, type=EC2, source=_source(caller))
    blob = Ec2Blob(access=clock.new_uuid().hex, secret=clock.new_token(32))
    return _kept(row, msgspec.json.encode(blob).decode(), new=True)


@atomically
def delete_ec2_key(caller: Caller, user: str, access: str) -> None:
    """Its tokens end at once. Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:ec2_delete_credential", user_id=user)
    StoredCredential.objects.filter(pk=ec2_key(caller, user, digest(access)).id).delete()


def digest(access: str) -> str:
    """By which an access key is found; it is Keystone's id of such a credential."""
    return hashlib.sha256(access.encode("utf-8", "surrogateescape")).hexdigest()


def _within(caller: Caller, user: str, project: str) -> None:
    """Raises :class:`Forbidden` for what is wider than the token: another user's, or another project than the token's."""
    if caller.credential and (user != caller.user or project != caller.project):
        raise Delegated(action="make a credential for anything but its own project")
    if project and caller.project and project != caller.project and not caller.is_admin:
        raise Forbidden(action="a credential for another project than the token's", needs="admin")


def _source(caller: Caller) -> ApplicationCredential | None:
    if not caller.credential:
        return None
    row = ApplicationCredential.objects.select_for_update().filter(pk=caller.credential, unrestricted=True).first()
    if row is None:
        raise Delegated(action="make credentials")
    return row


def _kept(row: StoredCredential, blob: str, *, new: bool = False) -> StoredInfo:
    if row.type == EC2:
        access = _ec2(blob).access
        row.access = digest(access)
        row.pk = row.access if new else row.pk
        if (
            StoredCredential.objects.filter(Q(pk=row.access) | Q(access=row.access))
            .exclude(pk="" if new else row.pk)
            .exists()
        ):
            raise Duplicate(kind="credential", id="of that access key")
    row.blob = secretkeys.current().encrypt(blob)
    return stored_info(saved(row, "credential", "of that access key", new=new))


def _ec2(blob: str) -> Ec2Blob:
    try:
        told = decoding.decode(blob, Ec2Blob)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = Ec2Blob(access="", secret="")
    if not told.access or not told.secret:
        raise BadRequest(reason='The blob of an EC2 key is JSON: {"access": "…", "secret": "…"}, and nothing else.')
    return told
