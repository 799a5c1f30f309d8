"""Whether this cloud has routers: setting ``ROUTERS``. Without it none is seen or made."""

from typing import Final

from django.conf import settings

from logic.errors import NotSupported

OFF: Final = (
    "There are no routers in this cloud: no node of it carries any. Networks lead where its operators connect them."
)


def on() -> bool:
    return bool(settings.ROUTERS != "none")


def simulated() -> bool:
    """Nobody carries them, and nobody has to: nothing passes between simulated guests anyway."""
    return bool(settings.ROUTERS == "simulated")


def require() -> None:
    """Raises :class:`NotSupported`."""
    if not on():
        raise NotSupported(reason=OFF)
