"""Reading images: the ones that are public, and a project's own."""

import datetime
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from logic.access import Caller
from logic.errors import BadRequest, NotFound
from logic.image.models import Image

SORTABLE = {"name", "status", "disk_format", "container_format", "size", "id", "created_at", "updated_at"}


class ImageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An image. Units as in the model."""

    id: str
    name: str
    status: str
    visibility: str
    owner: str
    disk_format: str
    container_format: str
    backend_name: str
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


def _visible(caller: Caller) -> QuerySet[Image]:
    if caller.is_admin:
        return Image.objects.all()
    return Image.objects.filter(Q(visibility="public") | Q(visibility="community") | Q(owner=caller.project))


def image(caller: Caller, id: str) -> ImageInfo:
    """Raises :class:`NotFound`, for another tenant's private image too."""
    row = _visible(caller).filter(pk=id).first()
    if row is None:
        raise NotFound(kind="image", id=id)
    return _info(row)


def images(  # noqa: PLR0913 - what the list takes
    caller: Caller,
    *,
    filters: dict[str, Any] | None = None,
    ids: list[str] | None = None,
    sort: list[tuple[str, str]] | None = None,
    limit: int = 25,
    marker: str = "",
) -> list[ImageInfo]:
    """A page of images after ``marker``, newest first unless ``sort`` ([(key, asc|desc)]) says otherwise."""
    rows = _visible(caller).filter(**(filters or {}))
    if not (filters or {}).get("hidden"):
        rows = rows.filter(hidden=False)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    keys = [*(sort or [("created_at", "desc")]), ("id", "desc")]
    if any(key not in SORTABLE for key, _ in keys):
        raise BadRequest(reason=f"Images can be sorted by {', '.join(sorted(SORTABLE))} only.")
    ordered = list(rows.order_by(*[("-" if way == "desc" else "") + key for key, way in keys]))
    start = _after(ordered, marker)
    return [_info(row) for row in ordered[start : start + limit]]


def _after(rows: list[Image], marker: str) -> int:
    if not marker:
        return 0
    places = [place for place, row in enumerate(rows) if row.pk == marker]
    if not places:
        raise BadRequest(reason=f"The marker {marker!r} is not among these images.")
    return places[0] + 1


def _info(row: Image) -> ImageInfo:
    return ImageInfo(**{name: getattr(row, name) for name in ImageInfo.__struct_fields__})
