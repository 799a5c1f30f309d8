"""What an image's fields may hold: words, sizes and names, and who may give it which visibility. Pure but for the settings.

Called by ``making`` and ``changing``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from logic.access import Caller
from logic.errors import BadRequest, Forbidden, clipped
from logic.image.refusals import Exceeded, ReadOnly, Reserved

DISK_FORMATS: Final = ("raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "ami", "ari", "aki", "ploop")
CONTAINER_FORMATS: Final = ("bare", "ovf", "ova", "ami", "ari", "aki", "docker", "compressed")
VISIBILITIES: Final = ("private", "shared", "community", "public")
AMAZON: Final = frozenset({"ami", "ari", "aki"})
MOST: Final = 128  # properties, tags and members of an image
TEXT: Final = 255
PROJECT: Final = 64  # characters of a project's id
VALUE: Final = 65535 // 4  # characters of a property's value
LARGEST: Final = 2**31 - 1
_HASHES: Final = frozenset({"checksum", "os_hash_algo", "os_hash_value"})
_LINKS: Final = frozenset({"direct_url", "self", "file", "schema", "stores"})
READ_ONLY: Final = frozenset({"status", "size", "virtual_size", "created_at", "updated_at"}) | _HASHES | _LINKS
RESERVED: Final = frozenset({"location", "locations", "deleted", "deleted_at"})
PREFIX: Final = "os_glance"  # names that begin so are ours
ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
KERNELS: Final = frozenset({"kernel_id", "ramdisk_id"})


def check_name(name: str) -> None:
    """May a client write a field or property of this name? Raises :class:`ReadOnly`, :class:`Reserved`, :class:`BadRequest`."""
    if name in READ_ONLY:
        raise ReadOnly(name=name)
    if name in RESERVED or name.startswith(PREFIX):
        raise Reserved(name=clipped(name))
    if not name or len(name) > TEXT:
        raise BadRequest(reason=f"The name of a property has 1 to {TEXT} characters.")


def check_properties(properties: Mapping[str, str]) -> None:
    """Raises :class:`Exceeded`, :class:`BadRequest`."""
    if len(properties) > MOST:
        raise Exceeded(limit=MOST, what="properties", given=len(properties))
    for name, value in properties.items():
        check_name(name)
        if len(value) > VALUE:
            raise BadRequest(reason=f"The value of the property {clipped(name)} is too long. Shorten it.")
        if name in KERNELS and value and not ID.fullmatch(value):
            raise BadRequest(reason=f"The property {name} must be the id of an image.")


def tidy_tags(tags: Iterable[str]) -> list[str]:
    """Each once, in their order. Raises :class:`Exceeded`, :class:`BadRequest`."""
    found = list(dict.fromkeys(tags))
    if len(found) > MOST:
        raise Exceeded(limit=MOST, what="tags", given=len(found))
    if any(len(tag) > TEXT for tag in found):
        raise BadRequest(reason=f"A tag has at most {TEXT} characters. Shorten it.")
    return found


def check_formats(disk: str, container: str) -> None:
    """Raises :class:`BadRequest` for two that do not go together: Amazon's are both the same."""
    pair = {disk, container} - {""}
    if pair & AMAZON and len(pair) > 1:
        reason = f"Invalid mix of disk and container formats: '{disk}' and '{container}'. When one is aki, ari or ami, both are."
        raise BadRequest(reason=reason)


def check_visibility(caller: Caller, visibility: str) -> None:
    """Raises :class:`Forbidden`: what all projects are shown is said by administrators."""
    if visibility == "public" and not caller.is_admin:
        raise Forbidden(action="publicize_image", needs="admin")
