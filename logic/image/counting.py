"""What images count against a project: how many, how many MiB of content, how many uploads at once.

Called by the commands of this app, in their transactions. Each is held under an id of its own, since what is given back is given
back for a holder as a whole.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from django.conf import settings

from logic.ledger import holdings
from logic.ledger.store import store
from logic.quota import commands as quota
from logic.quota import queries as quotas

COUNT: Final = "image_count_total"
SIZE: Final = "image_size_total"
UPLOADING: Final = "image_count_uploading"
MIB: Final = 2**20


def count_image(owner: str, image: str) -> None:
    """Raises :class:`QuotaExceeded`."""
    quota.charge(owner, {COUNT: 1}, image)


def check_room(owner: str, least: int) -> None:
    """Is there room for so many MiB of content? Raises :class:`QuotaExceeded`."""
    quota.check(owner, {SIZE: least})


def count_upload(owner: str, blob: str) -> None:
    """Raises :class:`QuotaExceeded`."""
    quota.charge(owner, {UPLOADING: 1}, blob)


def count_content(owner: str, blob: str, size: int) -> None:
    """An upload is over, and this is what came. Raises :class:`QuotaExceeded`."""
    store().release([blob])
    quota.charge(owner, {SIZE: -(-size // MIB)}, _content(blob))


def count_shared(owner: str, image: str, size: int) -> None:
    """Content that something else has too counts with the image, and goes with it. Raises :class:`QuotaExceeded`."""
    quota.charge(owner, {SIZE: -(-size // MIB)}, image)


def upload_over(blob: str) -> None:
    """Nothing came of it."""
    store().release([blob])


def image_gone(image: str, blobs: Iterable[str]) -> None:
    """And what it had with it, uploads that are under way too."""
    store().release([image, *(id for blob in blobs for id in (blob, _content(blob)))])


def content_gone(blob: str) -> None:
    """The image is there, and has no content any more."""
    store().release([_content(blob)])


def given(image: str, blobs: Iterable[str], owner: str) -> None:
    """The image, with what it has with it, is another project's from now on. Raises :class:`QuotaExceeded`."""
    holders = [image, *(id for blob in blobs for id in (blob, _content(blob)))]
    amounts: Counter[str] = Counter()
    for holder in holders:
        amounts.update(holdings.held(holder))
    if owner:
        quota.check(owner, amounts)
    for holder in holders:
        holdings.move(holder, owner)


def most(owner: str) -> int:
    """Bytes that may come now: what is left of the quota, and never more than any image may have."""
    limit = quotas.limit_of(owner, SIZE)
    left = max(0, limit - quotas.used(owner, SIZE)) * MIB if limit >= 0 else settings.IMAGE_MAX_BYTES
    return int(min(left, settings.IMAGE_MAX_BYTES))


def _content(blob: str) -> str:
    return blob.replace("-", "") + "size"
