"""Which stores there are, by the name that a blob's row has: the site's, or one of its own. New content goes into the first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

from logic.configuration.schema import ImageStore
from logic.image.stores import Store
from logic.image.stores.directory import Directory
from logic.image.stores.s3 import Bucket

FILES: Final = "files"  # where everything was before there were others
_OWN: Final = ImageStore(description="A directory of the cloud's own")


def stores() -> Mapping[str, ImageStore]:
    """Those that images may be brought into."""
    return settings.IMAGE_STORES or {FILES: _OWN}


def default() -> str:
    return next(iter(stores()))


def named(name: str) -> Store:
    """Raises ``OSError`` for one that is not configured here: what is in it cannot be had now."""
    about = stores().get(name) or (_OWN if name == FILES else None)
    if about is None:
        raise OSError(f"no store is named {name} in IMAGE_STORES")
    return Bucket(about) if about.kind == "s3" else Directory(Path(about.path or settings.IMAGES_DIR))
