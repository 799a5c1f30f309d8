"""Deleting images. What was in them stays as long as something else holds it. Called by the facade, and by ``capturing``."""

from logic.access import Caller
from logic.image import blobs, counting, holders
from logic.image.models import Former, Image
from logic.image.reaching import owned
from logic.image.refusals import InUse, Protected
from logic.transactions import atomically


@atomically
def delete_image(caller: Caller, id: str) -> list[str]:
    """Ids of the content that nobody holds now: ``sweeping.remove`` takes it away. An upload that is under way ends. Raises
    :class:`NotFound`, :class:`Forbidden`; :class:`Conflict` for one that somebody needs just now."""
    row = owned(caller, id, "delete_image")
    if row.protected:
        raise Protected(id=id)
    if why := holders.why_kept(id):
        raise InUse(id=id, why=why)
    return remove(row)


def spare(id: str) -> list[str]:
    """The same of one that is one too many; what is protected, or needed, stays."""
    row = Image.objects.select_for_update().filter(pk=id).first()
    return remove(row) if row and not row.protected and not holders.why_kept(id) else []


def remove(row: Image) -> list[str]:
    """The same of a row that is held, by whoever made it."""
    held = blobs.of(row.pk, kind="image")
    Image.objects.filter(pk=row.pk).delete()
    Former.objects.create(id=row.pk)
    counting.image_gone(row.pk, held)
    return blobs.release(row.pk)
