"""Images, read only, for clients that look for them here; below 2.36."""

from logic.image import queries
from logic.image.queries import ImageFilter, ImageInfo
from synnefo.api.compute.render import images as render
from synnefo.api.compute.render.frame import frame
from synnefo.api.kernel import paging
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.paging import Page


def list_images(call: Call) -> Answer:
    page, found = _page(call)
    return Answer(200, {"images": [render.brief(image, frame(call)) for image in found]} | _more(call, page, found))


def list_images_in_detail(call: Call) -> Answer:
    page, found = _page(call)
    return Answer(200, {"images": [render.full(image, frame(call)) for image in found]} | _more(call, page, found))


def show_image(call: Call, image_id: str) -> Answer:
    return Answer(200, {"image": render.full(queries.image(call.caller, image_id), frame(call))})


def _page(call: Call) -> tuple[Page, list[ImageInfo]]:
    page, names = paging.page(call), call.query.all("name")
    wanted = ImageFilter(columns={"name": names} if names else {})
    return page, queries.images(call.caller, wanted, limit=page.limit, marker=page.marker)


def _more(call: Call, page: Page, found: list[ImageInfo]) -> dict[str, list[dict[str, str]]]:
    links = paging.next_link(call, [image.id for image in found], page)
    return {"images_links": links} if links else {}
