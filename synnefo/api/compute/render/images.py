"""Images as Nova showed them below 2.36, to clients that know no image service."""

from typing import Annotated, Any, NotRequired, TypedDict

from logic.image.queries import ImageInfo
from synnefo.api.compute.render.frame import Frame
from synnefo.api.compute.versions import since
from synnefo.api.kernel import times
from synnefo.api.kernel.answers import Links
from synnefo.api.kernel.times import Moment

STATUSES = {
    "active": "ACTIVE",
    "killed": "ERROR",
    "deleted": "DELETED",
    **dict.fromkeys(("queued", "saving", "uploading", "importing"), "SAVING"),
}


class ProxiedImageBrief(TypedDict):
    id: str
    name: str
    links: Links


class ServerOfImage(TypedDict):
    id: str
    links: Links


_Extended = TypedDict("_Extended", {"OS-EXT-IMG-SIZE:size": int | None})


class ProxiedImage(ProxiedImageBrief, _Extended):
    """``minDisk`` in GiB, ``minRam`` in MiB."""

    server: NotRequired[Annotated[ServerOfImage, since(0, when="of an image that was made of a server")]]
    status: str
    progress: int
    minDisk: int
    minRam: int
    metadata: dict[str, str]
    created: Moment
    updated: Moment


def brief(image: ImageInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /images``."""
    return {"id": image.id, "name": image.name, "links": frame.links("images", image.id)}


def full(image: ImageInfo, frame: Frame) -> dict[str, Any]:
    """A line of ``GET /images/detail``, and ``GET /images/{id}``."""
    status = STATUSES.get(image.status, "UNKNOWN")
    server = image.properties.get("instance_uuid")
    of_server = {"server": {"id": server, "links": frame.links("servers", server)}} if server else {}
    return (
        brief(image, frame)
        | of_server
        | {
            "status": status,
            "progress": 100 if status == "ACTIVE" else 0,
            "minDisk": image.min_disk,
            "minRam": image.min_ram,
            "metadata": image.properties,
            "created": times.seconds(image.created_at),
            "updated": times.seconds(image.updated_at),
            "OS-EXT-IMG-SIZE:size": image.size,
        }
    )
