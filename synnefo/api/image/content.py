"""What is in an image, on its way in and out: ``/file``, and parts of it by Range."""

from collections.abc import AsyncIterator
from typing import Any

from logic.errors import NotSupported
from logic.image import blobs, queries, uploading
from logic.image.queries import ImageInfo
from logic.image.refusals import Deactivated
from logic.image.uploading import Upload
from logic.offload import Offload
from synnefo.api.image import bodies
from synnefo.api.kernel.calls import Answer, Call, Stream
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.ranges import span

UNFINISHED = frozenset({"queued", "saving", "uploading", "importing"})


@describes(takes=Any, accepts=[bodies.STREAM], status=204, refuses=[415])
def upload(call: Call, image_id: str) -> Answer:
    store = call.header("x-image-meta-store")
    return _taking(uploading.begin(call.caller, image_id, bodies.length(call), store=store))


@describes(takes=Any, accepts=[bodies.STREAM], status=204, refuses=[415])
def stage(call: Call, image_id: str) -> Answer:
    return _taking(uploading.begin_staging(call.caller, image_id, bodies.length(call)))


def _taking(upload: Upload) -> Answer:
    async def taking(pieces: AsyncIterator[bytes], offload: Offload) -> Answer:
        await uploading.fill(upload, pieces, offload)
        return Answer(204)

    return Answer(taking=taking)


@describes(answers={200: Any, 204: None, 206: Any}, sends=bodies.STREAM, refuses=[416, 501])
def download(call: Call, image_id: str) -> Answer:
    """204 while there is nothing, as Glance says it."""
    image = queries.image(call.caller, image_id)
    if image.status == "deactivated" and not call.caller.is_admin:
        raise Deactivated
    if image.status in UNFINISHED:
        return Answer(204)
    if not image.blob_id:
        raise NotSupported(reason=f"The data of image {image.id} is kept on the clusters and cannot be downloaded.")
    return _sent(call, image)


def _sent(call: Call, image: ImageInfo) -> Answer:
    info = blobs.blob(image.blob_id or "")
    wanted = span(call.header("range"), info.size)
    headers = {"Content-Type": bodies.STREAM, "Accept-Ranges": "bytes", **wanted.headers}
    if wanted.whole:
        headers["Content-MD5"] = info.checksum
    return Answer(
        wanted.status, Stream(wanted.length, lambda: blobs.reading(info, wanted.start, wanted.length)), headers
    )
