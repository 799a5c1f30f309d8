"""Deleting images. What was in them stays as long as something else holds it. Called by the facade, and by ``capturing``."""

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
    return remove(row)


def remove(row: Image) -> list[str]:
    """The same of a row that is held, by whoever made it."""
    held = blobs.of(row.pk, kind="image")
    Image.objects.filter(pk=row.pk).delete()
    Former.objects.create(id=row.pk)
    counting.image_gone(row.pk, held)
    return blobs.release(row.pk)
