"""Which stores there are, by the name that a blob's row has: a literal table. New content goes into the first."""

from collections.abc import Callable
from typing import Final

from django.conf import settings

from logic.image.stores import Store
from logic.image.stores.directory import Directory

DEFAULT: Final = "files"
STORES: Final[dict[str, Callable[[], Store]]] = {DEFAULT: lambda: Directory(settings.IMAGES_DIR)}
DESCRIPTIONS: Final = {DEFAULT: "A directory of the cloud's own"}


def named(name: str) -> Store:
    """Raises ``KeyError`` for one that this version does not know."""
    return STORES[name]()
