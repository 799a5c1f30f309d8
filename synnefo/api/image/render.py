"""Images as Glance writes them: addresses without host, unknown values null, custom properties beside the others."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from logic.image.queries import ImageInfo
from logic.image.stores import opening
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.paging import Page
from synnefo.api.kernel.times import seconds
from synnefo.api.services import IMAGE

# 2.8 brought stores, 2.10 to 2.12 more of imports and their tasks, 2.13 usage; 2.14 and later are caches and locations, not here.
_OLDER = (12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
VERSIONS = (("v2.13", "CURRENT"), *((f"v2.{minor}", "SUPPORTED") for minor in _OLDER))
LIST = "/v2/images"


def versions(base_url: str) -> dict[str, Any]:
    """The version document; its links have the host that the client used."""
    links = [{"rel": "self", "href": f"{base_url}/{IMAGE.mount}/v2/"}]
    return {"versions": [{"id": id, "status": status, "links": links} for id, status in VERSIONS]}


def images(call: Call, found: Sequence[ImageInfo], page: Page) -> dict[str, Any]:
    """A page with where it begins and where the next one is."""
    query = {name: values for name, values in call.query.items() if name != "marker"}
    body: dict[str, Any] = {
        "images": [image(one) for one in found],
        "first": f"{LIST}?{urlencode(query, doseq=True)}" if query else LIST,
        "schema": "/v2/schemas/images",
    }
    following = paging.next_url(call, [one.id for one in found], page)
    if following:
        body["next"] = f"{LIST}?{following.partition('?')[2]}"
    return body


def image(info: ImageInfo) -> dict[str, Any]:
    """One image. A property never hides a field of Glance's own."""
    return {
        **info.properties,
        "id": info.id,
        "name": info.name or None,
        "status": info.status,
        "visibility": info.visibility,
        "owner": info.owner or None,
        "disk_format": info.disk_format or None,
        "container_format": info.container_format or None,
        "size": info.size,
        "virtual_size": info.virtual_size,
        "min_ram": info.min_ram,
        "min_disk": info.min_disk,
        "protected": info.protected,
        "os_hidden": info.hidden,
        "checksum": info.checksum or None,
        "os_hash_algo": info.hash_algo or None,
        "os_hash_value": info.hash_value or None,
        "tags": info.tags,
        "created_at": seconds(info.created_at),
        "updated_at": seconds(info.updated_at),
        "self": f"{LIST}/{info.id}",
        "file": f"{LIST}/{info.id}/file",
        "schema": "/v2/schemas/image",
        **({"stores": info.stores or opening.FILES} if info.blob_id else {}),
    }
