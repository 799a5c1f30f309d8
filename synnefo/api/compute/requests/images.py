"""What a list of images is asked for in Nova's words; below 2.36. What is not named here is ignored, as Nova ignores it."""

from typing import Any

from logic.image.queries import ImageFilter
from synnefo.api.compute.requests.fields import whole
from synnefo.api.compute.requests.filters import moment
from synnefo.api.kernel.calls import Call

# Nova's status → those of Glance that it stands for.
STATUSES = {
    "ACTIVE": ["active"],
    "SAVING": ["queued", "saving", "uploading", "importing"],
    "ERROR": ["killed"],
    "DELETED": ["deleted", "pending_delete"],
}
_SIZES = {"minDisk": "min_disk", "minRam": "min_ram"}


def wanted(call: Call) -> ImageFilter:
    """Raises :class:`BadRequest` for a number or a time that is none."""
    columns: dict[str, list[Any]] = {}
    if names := call.query.all("name"):
        columns["name"] = names
    if status := call.query.one("status"):
        columns["status"] = STATUSES.get(status.upper(), [])
    for name, column in _SIZES.items():
        if given := call.query.one(name):
            columns[column] = [whole(given, name)]
    since = call.query.one("changes-since")
    bounds = {"updated_at__gte": moment(since, "changes-since")} if since else {}
    return ImageFilter(columns=columns, bounds=bounds, properties=_properties(call))


def _properties(call: Call) -> dict[str, str]:
    """What an image that was made of a server says of that."""
    found: dict[str, str] = {}
    if server := call.query.one("server"):
        found["instance_uuid"] = server.rstrip("/").rpartition("/")[2]
    if call.query.one("type").lower() == "snapshot":
        found["image_type"] = "snapshot"
    return found
