"""Deleting images. What was in them stays as long as something else holds it. Called by the facade."""

from logic.access import Caller
from logic.image import blobs, counting
from logic.image.models import Former, Image
from logic.image.reaching import owned
from logic.image.refusals import Protected
from logic.transactions import atomically


@atomically
def delete_image(caller: Caller, id: str) -> list[str]:
    """Ids of the content that nobody holds now: ``sweeping.remove`` takes it away. An upload that is under way ends. Raises
    :class:`NotFound`, :class:`Forbidden`."""
    row = owned(caller, id, "delete_image")
    if row.protected:
        raise Protected(id=id)
    held = list(blobs.of(id))
    Image.objects.filter(pk=id).delete()
    Former.objects.create(id=id)
    counting.image_gone(id, held)
    return blobs.release(id)
