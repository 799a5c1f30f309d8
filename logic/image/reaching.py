"""Images that a caller may change: found, locked, and refused as Glance refuses. Called by the commands of this app.

Who may not even see an image hears that there is none; who sees it and may not change it, that it is not theirs.
"""

from logic.access import Caller, require
from logic.errors import NotFound
from logic.image import queries
from logic.image.models import Image
from logic.image.refusals import NotYours


def owned(caller: Caller, id: str, action: str) -> Image:
    """The row, locked. Raises :class:`NotFound`, :class:`Forbidden`."""
    row = seen(caller, id)
    require(caller, "member", action)
    if not caller.is_admin and (not caller.project or row.owner != caller.project):
        raise NotYours(id=id, action=action)
    return row


def seen(caller: Caller, id: str) -> Image:
    """The same, of one that the caller sees."""
    row = queries.visible(caller).select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind="image", id=id)
    return row
