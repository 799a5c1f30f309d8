"""What a guest is told of itself: its hostname, and what the OS provider on the nodes needs to know of its image. Pure.

Called by ``creating``. The names are those of ``logic.backends.os_parameters``, which says what reaches which provider.
"""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from logic.image.queries import ImageInfo

MOST = 63  # of a label in DNS
_OF_SERVERS = re.compile(r"(?:hw|os|img)_[a-zA-Z0-9_:. ]{1,250}")
_PROPERTIES = re.compile(r"OSFAMILY|ROOT_PARTITION|USERS|KERNEL|SWAP|EXCLUDE_\w+")


def hostname(name: str, id: str) -> str:
    """A server's name as one that a host may have, by Nova's rules; ``Server-<id>`` when nothing of it is left."""
    return _label(name) or f"Server-{id}"


@functools.lru_cache(4096)
def _label(name: str) -> str:
    """Kept, since every page of servers asks for those of a thousand."""
    joined = re.sub(r"[\s_]", "-", name).lower()
    kept = re.sub(r"[^a-z0-9.-]+", "", joined).strip(".-")
    return kept[:MOST].strip(".-")


def image_parameters(image: ImageInfo) -> dict[str, str]:
    """Where the provider finds an image and what it must be (content that was uploaded is asked of the API, under its own id);
    and for snf-image the properties that it knows."""
    file, format = image.backend_name or image.blob_id or image.id, image.content_format or image.disk_format
    return content_parameters(file, format, _checksum(image), image.properties)


def content_parameters(file: str, format: str, checksum: str, properties: Mapping[str, str]) -> dict[str, str]:
    """The same of the content of a volume, which says of its image what that said."""
    known = {name.upper(): value for name, value in properties.items() if _PROPERTIES.fullmatch(name.upper())}
    found = {"img_id": file, "img_format": format, "img_checksum": checksum}
    return found | ({"img_properties": _json(known)} if known else {})


def kept_properties(properties: Mapping[str, Any]) -> dict[str, str] | None:
    """Those that are about servers: what one made of an image goes on to show. None for none."""
    return {name: value for name, value in properties.items() if _OF_SERVERS.fullmatch(name)} or None


def _json(properties: Mapping[str, str]) -> str:
    return json.dumps(properties, sort_keys=True)


def _checksum(image: ImageInfo) -> str:
    """``sha512:…``; empty where the image has none that is worth anything."""
    strong = image.hash_algo in {"sha256", "sha512"} and image.hash_value
    return f"{image.hash_algo}:{image.hash_value}" if strong else ""
