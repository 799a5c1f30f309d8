"""What the bytes of an image really are, looked at while they go by: never what somebody says that they are.

Called by ``uploading``. The looking is ``oslo_utils``' format inspector, which parses headers itself and starts no program. An
image that claims to be raw and has the header of another format would be opened as that by whoever guesses, and one with a
backing file or a file of data beside it would read the host's files: both are refused.
"""

from typing import Final

from django.conf import settings
from oslo_utils.imageutils import format_inspector as known

from logic.image.refusals import Unacceptable

HARMLESS: Final = frozenset({"gpt", "iso"})  # a disk with partitions, a CD; a hybrid image is both
OPAQUE: Final = frozenset(
    {"ova", "docker", "compressed"}
)  # containers that are not looked into, and that no server boots from
ALIKE: Final = frozenset({"raw", "ami", "ari", "aki", "ploop"})  # formats without a header
PAD: Final = 64 * 1024  # bytes; a header that the end of the file cuts off is one all the same


class Inspection:
    """Feed it all bytes, then ask. ``disk_format`` and ``container_format`` are what the image claims to be."""

    def __init__(self, disk_format: str, container_format: str) -> None:
        self._claimed, opaque = disk_format, container_format in OPAQUE
        self._plain = opaque or disk_format in ALIKE
        looking = () if opaque else known.ALL_FORMATS.items()
        self._looking = [kind() for name, kind in looking if name != "raw"]
        self._size = 0

    def eat(self, piece: bytes) -> None:
        """An inspector that has seen enough to say no, or cannot read its format any further, is not asked again."""
        self._size += len(piece)
        self._looking = [one for one in self._looking if _goes_on(one, piece)]

    def ended(self) -> tuple[str, int | None]:
        """The format that was found, and the size of the disk that it makes (bytes; None: not known). Raises
        :class:`Unacceptable`."""
        size = self._size
        if size < PAD:
            self.eat(bytes(PAD - size))
        for one in self._looking:
            one.finish()
        matches = {one.NAME: one for one in self._looking if _matches(one)}
        found = self._judged(set(matches))
        if found == "raw":
            return found, size
        _check_safe(matches[found])
        return found, matches[found].virtual_size or None

    def _judged(self, names: set[str]) -> str:
        """Raises :class:`Unacceptable`."""
        strange = sorted(names - HARMLESS - {self._claimed})
        if strange:
            raise Unacceptable(why=f"it claims to be {self._claimed}, and looks like {' and '.join(strange)}")
        if self._plain:
            return "raw"
        if not names and not settings.IMAGE_FORMAT_REQUIRED:
            return "raw"  # nobody can take it for anything else, and what was found is what nodes are told
        if self._claimed not in names:
            raise Unacceptable(why=f"it claims to be {self._claimed}, and is not")
        return self._claimed


def _goes_on(one: known.FileInspector, piece: bytes) -> bool:
    try:
        one.eat_chunk(piece)
    except Exception:  # noqa: BLE001 - bytes of strangers, read by many parsers
        return False
    return not one.complete or _matches(one)


def _matches(one: known.FileInspector) -> bool:
    try:
        return bool(one.format_match)
    except Exception:  # noqa: BLE001 - the same
        return False


def _check_safe(one: known.FileInspector) -> None:
    """Raises :class:`Unacceptable`."""
    try:
        one.safety_check()
    except known.SafetyCheckFailed as error:
        raise Unacceptable(why=f"it is not safe to open ({', '.join(sorted(error.failures))})") from None
    except Exception:  # noqa: BLE001 - the same
        raise Unacceptable(why=f"it is not a whole {one.NAME}") from None
