"""Projects that a shared image is offered to, and their answers.

Called by the facade. The owner says to whom, each of them whether it wants it in its lists; nobody learns of the others.
"""

import datetime

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from logic import clock
from logic.access import Caller, require
from logic.errors import BadRequest, Duplicate, Forbidden, NotFound
from logic.image import queries, rules
from logic.image.models import Member
from logic.image.queries import ImageInfo
from logic.image.reaching import owned
from logic.image.refusals import Exceeded, OnlySharedHaveMembers
from logic.transactions import atomically

STATUSES = ("pending", "accepted", "rejected")


class MemberInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One project, and its answer."""

    image: str
    project: str
    status: str
    created_at: datetime.datetime
    updated_at: datetime.datetime


def members(caller: Caller, image: str) -> list[MemberInfo]:
    """Those the caller may know of: the owner all, a member itself. Raises :class:`NotFound`, :class:`Forbidden`."""
    return [_info(row) for row in _known(caller, image)]


def member(caller: Caller, image: str, project: str) -> MemberInfo:
    """Raises :class:`NotFound`, :class:`Forbidden`."""
    return _info(_one(caller, image, project))


@atomically
def add_member(caller: Caller, image: str, project: str) -> MemberInfo:
    """Offer it. Raises :class:`NotFound`, :class:`Forbidden`, :class:`Duplicate`, :class:`BadRequest`, ``Exceeded``."""
    row = owned(caller, image, "add_member")
    _check_shared(image, row.visibility)
    if not project or len(project) > rules.PROJECT:
        raise BadRequest(reason="The member must be the id of a project.")
    count = Member.objects.filter(image=row).count()
    if count >= rules.MOST:
        raise Exceeded(limit=rules.MOST, what="members", given=count + 1)
    try:
        with transaction.atomic():
            made = Member.objects.create(image=row, project=project)
    except IntegrityError:
        raise Duplicate(kind="image member", id=project) from None
    return _info(made)


@atomically
def answer(caller: Caller, image: str, project: str, status: str) -> MemberInfo:
    """The member's word, nobody else's but an administrator's. Raises :class:`NotFound`, :class:`Forbidden`,
    :class:`BadRequest`."""
    row = _one(caller, image, project)
    require(caller, "member", "modify_member")
    if caller.project != project and not caller.is_admin:
        raise Forbidden(action="answering for another project", needs="member of that project")
    if status not in STATUSES:
        raise BadRequest(reason=f"The status of a member must be one of {', '.join(STATUSES)}.")
    row.status, row.updated_at = status, clock.now()
    row.save()
    return _info(row)


@atomically
def remove_member(caller: Caller, image: str, project: str) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`."""
    row = owned(caller, image, "delete_member")
    _check_shared(image, row.visibility)
    if not Member.objects.filter(image=row, project=project).delete()[0]:
        raise NotFound(kind="image member", id=project)


def _known(caller: Caller, image: str) -> QuerySet[Member]:
    found = queries.image(caller, image)
    _check_shared(image, found.visibility)
    rows = Member.objects.filter(image=image).order_by("created_at", "id")
    return rows if _owns(caller, found) else rows.filter(project=caller.project)


def _one(caller: Caller, image: str, project: str) -> Member:
    row = _known(caller, image).filter(project=project).first()
    if row is None:
        raise NotFound(kind="image member", id=project)
    return row


def _owns(caller: Caller, image: ImageInfo) -> bool:
    return caller.is_admin or (bool(caller.project) and image.owner == caller.project)


def _check_shared(image: str, visibility: str) -> None:
    if visibility != "shared":
        raise OnlySharedHaveMembers(id=image, visibility=visibility)


def _info(row: Member) -> MemberInfo:
    return MemberInfo(
        image=row.image_id,
        project=row.project,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
