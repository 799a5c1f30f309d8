"""The steps of shelved servers that leave their cluster and come back, and at which of them their image has to stay. What is done
at each is in ``offloading``; ``logic.image`` asks through ``holders``.
"""

from typing import Final

from logic.compute.models import Shelf

SAVE, LEAVE, AGAIN, KEPT, RETURN, CLEAR = "image", "leave", "leave-again", "kept", "return", "clear"
# Before, another image is made; at rest in between, who unprotects and deletes it may give the server up.
NEEDED: Final = {
    LEAVE: "is just leaving its cluster",
    AGAIN: "is about to leave its cluster",
    RETURN: "is just being unshelved",
    CLEAR: "could not be unshelved, and what there is of that is being removed",
}


def why_kept(image: str) -> str:
    """Which server needs this image just now; empty: none."""
    found = Shelf.objects.filter(image=image, step__in=NEEDED).values_list("pk", "step").first()
    return f"server {found[0]} {NEEDED[found[1]]}. Try again in a minute." if found else ""
