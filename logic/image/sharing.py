"""Images that have the content of something else already: a volume's, which begins with it. Called by ``logic.volume``.

Each counts its content whole and by itself, as if it had been uploaded again: what a project has must not depend on what somebody
else deletes. The bytes are there once, as long as anybody holds them.
"""

from typing import Final

from logic.access import Caller
from logic.errors import NotFound
from logic.image import blobs, counting, making, uploading
from logic.image.making import NewImage
from logic.image.models import Blob
from logic.transactions import atomically

SHARED: Final = "shared"  # how such an image holds its blob


@atomically
def create_image_of(caller: Caller, wanted: NewImage, blob: str) -> str:
    """The id of an image that is active. Raises :class:`NotFound` where nobody has the content any more, and as
    ``making.create_image``."""
    row = Blob.objects.filter(pk=blob).first()
    if row is None:
        raise NotFound(kind="content", id=blob)
    id = making.create_image(caller, wanted)
    blobs.hold(blob, SHARED, id)
    counting.count_shared(wanted.owner or caller.project, id, row.size)
    uploading.activate(id, row)
    return id
