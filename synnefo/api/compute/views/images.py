"""Images for clients that look for them here: read and deleted below 2.36, their metadata below 2.39. Nova was a proxy of Glance
for these, and what Glance forbids is forbidden here.
"""

from collections.abc import Mapping

from logic.errors import NotFound
from logic.image import changing, queries, removing, sweeping
from logic.image.queries import ImageInfo
from synnefo.api.compute.render import images as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.compute.render.images import ProxiedImage, ProxiedImageBrief
from synnefo.api.compute.requests import changes, images
from synnefo.api.kernel import paging, running
from synnefo.api.kernel.answers import paged
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import PAGE, Shape, describes
from synnefo.api.kernel.paging import Page

QUERY: Mapping[str, Shape] = {
    **dict.fromkeys(("changes-since", "minDisk", "minRam", "name", "server", "status", "type"), str),
    **PAGE,
}


@describes(gives=paged("images", ProxiedImageBrief), query=QUERY)
def list_images(call: Call) -> Answer:
    page, found = _page(call)
    return Answer(200, {"images": [render.brief(image, frame(call)) for image in found]} | _more(call, page, found))


@describes(gives=paged("images", ProxiedImage), query=QUERY)
def list_images_in_detail(call: Call) -> Answer:
    page, found = _page(call)
    return Answer(200, {"images": [render.full(image, frame(call)) for image in found]} | _more(call, page, found))


@describes(gives={"image": ProxiedImage})
def show_image(call: Call, image_id: str) -> Answer:
    return Answer(200, {"image": render.full(queries.image(call.caller, image_id), frame(call))})


@describes(status=204)
def delete_image(call: Call, image_id: str = "") -> Answer:
    unheld = removing.delete_image(call.caller, image_id)

    async def removed() -> Answer:
        await sweeping.remove_now(unheld, running.current())
        return Answer(204)

    return Answer(later=removed)


@describes(gives={"metadata": dict[str, str]})
def list_metadata(call: Call, image_id: str) -> Answer:
    return Answer(200, {"metadata": queries.image(call.caller, image_id).properties})


@describes(gives={"meta": dict[str, str]})
def show_metadata_item(call: Call, image_id: str, key: str) -> Answer:
    metadata = queries.image(call.caller, image_id).properties
    if key not in metadata:
        raise NotFound(kind="metadata item", id=key)
    return Answer(200, {"meta": {key: metadata[key]}})


@describes(takes=changes.Metadata, gives={"metadata": dict[str, str]})
def merge_metadata(call: Call, image_id: str) -> Answer:
    items = changes.metadata(call)
    return Answer(200, {"metadata": changing.set_properties(call.caller, image_id, items, replace=False)})


@describes(takes=changes.Metadata, gives={"metadata": dict[str, str]})
def replace_metadata(call: Call, image_id: str) -> Answer:
    items = changes.metadata(call)
    return Answer(200, {"metadata": changing.set_properties(call.caller, image_id, items, replace=True)})


@describes(takes=changes.MetadataItem, gives={"meta": dict[str, str]})
def set_metadata_item(call: Call, image_id: str, key: str) -> Answer:
    item = changes.metadata_item(call, key)
    changing.set_properties(call.caller, image_id, item, replace=False)
    return Answer(200, {"meta": item})


@describes(status=204)
def delete_metadata_item(call: Call, image_id: str, key: str) -> Answer:
    changing.remove_property(call.caller, image_id, key)
    return Answer(204)


def _page(call: Call) -> tuple[Page, list[ImageInfo]]:
    page = paging.page(call)
    return page, queries.images(call.caller, images.wanted(call), limit=page.limit, marker=page.marker)


def _more(call: Call, page: Page, found: list[ImageInfo]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, [image.id for image in found], page)
    return {"images_links": links} if links else {}
