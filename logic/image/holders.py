"""Images that somebody needs just now, though their owner may delete them. Who may need one is told of at the start of the
program (:func:`register`), since this app knows nobody who uses it; who deletes one asks (:func:`why_kept`).

Both sides hold the image's row while they decide, so that each sees what the other has done: a holder before it begins what needs
the image, who deletes it before he asks (docs/decisions/0048).
"""

from collections.abc import Callable

Holder = Callable[[str], str]  # by an image's id: who needs it, as a sentence; empty: nobody

_HOLDERS: dict[str, Holder] = {}


def register(name: str, holder: Holder) -> None:
    """Of each name there is one."""
    _HOLDERS[name] = holder


def why_kept(image: str) -> str:
    """Why it is not deleted now; empty: it may be. For who holds its row."""
    return next((why for holder in _HOLDERS.values() if (why := holder(image))), "")
