"""Making images, without content yet: ``uploading`` and ``importing`` bring that.

Called by the facades, and by whoever makes an image of something else.
"""

import msgspec
from django.db import IntegrityError, transaction

from logic.access import Caller, require
from logic.db import new_id
from logic.errors import BadRequest, Duplicate, Forbidden
from logic.image import counting, rules
from logic.image.models import Former, Image
from logic.transactions import atomically


class NewImage(msgspec.Struct, frozen=True, kw_only=True):
    """One asked for. ``id`` empty: a new one; ``owner`` empty: the caller's project."""

    id: str = ""
    name: str = ""
    visibility: str = "shared"
    owner: str = ""
    disk_format: str = ""
    container_format: str = ""
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    hidden: bool = False
    tags: list[str] = []
    properties: dict[str, str] = {}


@atomically
def create_image(caller: Caller, wanted: NewImage) -> str:
    """Its id. Raises :class:`BadRequest`, :class:`Forbidden`, :class:`Duplicate`, :class:`QuotaExceeded`, ``Exceeded``."""
    require(caller, "member", "add_image")
    if wanted.owner not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="making an image of another project", needs="admin")
    rules.check_visibility(caller, wanted.visibility)
    rules.check_properties(wanted.properties)
    rules.check_formats(wanted.disk_format, wanted.container_format)
    id, owner = _id(wanted.id), wanted.owner or caller.project
    counting.count_image(owner, id)
    columns = msgspec.structs.asdict(wanted) | {"id": id, "owner": owner, "tags": rules.tidy_tags(wanted.tags)}
    try:
        with transaction.atomic():
            Image.objects.create(**columns)
    except IntegrityError:
        raise Duplicate(kind="image", id=id) from None
    return id


@atomically
def create_without_content(caller: Caller, wanted: NewImage, properties: dict[str, str]) -> str:
    """One that will never have any, and is active: its properties say what there is of it instead. Raises as
    :func:`create_image`."""
    id = create_image(caller, msgspec.structs.replace(wanted, properties=properties))
    Image.objects.filter(pk=id).update(status="active", size=0)
    return id


def _id(given: str) -> str:
    """What a deleted image was called no other ever is: its id may still stand in somebody's row, or script."""
    if not given:
        return new_id()
    id = given.lower()
    if not rules.ID.fullmatch(id):
        raise BadRequest(reason="The id of an image must be a UUID with dashes. Leave it out to get one.")
    if Image.objects.filter(pk=id).exists() or Former.objects.filter(pk=id).exists():
        raise Duplicate(kind="image", id=id)
    return id
