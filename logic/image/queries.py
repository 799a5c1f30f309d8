"""Reading images: the public ones, a project's own, those that it was offered, and by name those of the community."""

import datetime
from collections.abc import Sequence
from itertools import islice
from typing import Any

import msgspec
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from logic import paging
from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.image.models import Image, Member
from logic.kept import Kept

SORTABLE = frozenset({"name", "status", "disk_format", "container_format", "size", "id", "created_at", "updated_at"})
UNKNOWN_SIZE = -1  # sorts before every size


class ImageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An image. Units as in the model; ``blob_id`` is its content, where that is ours."""

    id: str
    name: str
    status: str
    visibility: str
    owner: str
    disk_format: str
    container_format: str
    backend_name: str
    blob_id: str | None
    content_format: str = ""
    stores: str = ""
    size: int | None
    virtual_size: int | None
    min_ram: int
    min_disk: int
    protected: bool
    hidden: bool
    checksum: str
    hash_algo: str
    hash_value: str
    tags: list[str]
    properties: dict[str, str]
    created_at: datetime.datetime
    updated_at: datetime.datetime


class ImageFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list may be narrowed by; the default narrows nothing. ``visibility`` empty: everything but what the
    community shares, ``all``: that too. ``member``: what the project was offered and has answered so (``all``: any answer).
    ``columns``: any of the values, for each column; ``bounds``: lookups such as ``size__gte`` or ``created_at__lt``; ``tags``:
    all of them; ``properties``: each has this value."""

    visibility: str = ""
    member: str = "accepted"
    hidden: bool = False
    columns: dict[str, list[Any]] = {}
    bounds: dict[str, Any] = {}
    tags: list[str] = []
    properties: dict[str, str] = {}


_SEEN = Kept(lambda id, project: visible(Caller(user="", project=project)).filter(pk=id))  # by any tenant


def image(caller: Caller, id: str) -> ImageInfo:
    """Raises :class:`NotFound`, for another tenant's private image too."""
    tenant = bool(caller.project) and not caller.is_admin
    found = _SEEN(id, caller.project) if tenant else list(visible(caller).filter(pk=id))
    if not found:
        raise NotFound(kind="image", id=id)
    return _info(found[0])


def images(
    caller: Caller,
    wanted: ImageFilter = ImageFilter(),  # noqa: B008 - frozen
    *,
    sort: Sequence[tuple[str, str]] = (),
    limit: int = 25,
    marker: str = "",
) -> list[ImageInfo]:
    """A page of images after ``marker``, newest first unless ``sort`` ([(column, asc or desc)]) says otherwise. Raises
    :class:`BadRequest` for a column that is not sortable and a marker that cannot be seen."""
    keys = _keys(sort or [("created_at", "desc")])
    rows = _narrowed(caller, wanted).alias(known_size=Coalesce("size", Value(UNKNOWN_SIZE)))
    if marker:
        rows = rows.filter(paging.after(keys, _marked(caller, marker)))
    found = paging.ordered(rows, keys)
    if not wanted.tags and not wanted.properties:
        return [_info(row) for row in found[:limit]]
    return [_info(row) for row in islice((row for row in found.iterator(chunk_size=500) if _fits(row, wanted)), limit)]


def visible(caller: Caller) -> QuerySet[Image]:
    """What the caller may see when asking by id."""
    if caller.is_admin:
        return Image.objects.all()
    return Image.objects.filter(Q(visibility__in=["public", "community"]) | _own(caller) | _offered(caller, "all"))


def _offered(caller: Caller, status: str) -> Q:
    """Shared with the caller's project, which has given this answer."""
    offers = Member.objects.filter(project=caller.project)
    offers = offers if status == "all" else offers.filter(status=status)
    return Q(visibility="shared", pk__in=offers.values("image_id")) if caller.project else Q(pk__in=[])


def _own(caller: Caller) -> Q:
    """Images without an owner are nobody's own: an unscoped token has no project either."""
    return Q(owner=caller.project) if caller.project else Q(pk__in=[])


def _narrowed(caller: Caller, wanted: ImageFilter) -> QuerySet[Image]:
    rows = _listed(caller, wanted).filter(hidden=wanted.hidden, **wanted.bounds)
    rows = rows.filter(**{f"{column}__in": values for column, values in wanted.columns.items()})
    if not wanted.visibility:
        return rows.filter(~Q(visibility="community") | _own(caller))
    return rows if wanted.visibility == "all" else rows.filter(visibility=wanted.visibility)


def _listed(caller: Caller, wanted: ImageFilter) -> QuerySet[Image]:
    """Of what was offered only what was answered so: nobody puts an image into another's list."""
    if caller.is_admin:
        return Image.objects.all()
    shown = Q(visibility__in=["public", "community"]) | _own(caller) | _offered(caller, wanted.member)
    return Image.objects.filter(shown)


def _fits(row: Image, wanted: ImageFilter) -> bool:
    """Tags and properties are documents in a column, which not every database can look into."""
    return set(wanted.tags) <= set(row.tags) and wanted.properties.items() <= row.properties.items()


def _keys(sort: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    unknown = [column for column, _ in sort if column not in SORTABLE]
    if unknown:
        raise BadRequest(reason=f"Images cannot be sorted by {unknown[0]}. Use one of {', '.join(sorted(SORTABLE))}.")
    return paging.with_id([("known_size" if column == "size" else column, way) for column, way in sort])


def _marked(caller: Caller, marker: str) -> Any:
    row = visible(caller).annotate(known_size=Coalesce("size", Value(UNKNOWN_SIZE))).filter(pk=marker).first()
    if row is None:
        raise BadRequest(reason=f"The marker {marker!r} could not be found. Use the id of the last image of a page.")
    return row


def _info(row: Image) -> ImageInfo:
    return ImageInfo(**{name: getattr(row, name) for name in ImageInfo.__struct_fields__})
