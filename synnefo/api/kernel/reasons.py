"""What a cluster says of why something failed, as its tenant hears it: without its machines, their addresses and their files.

Called where facades write such words. Administrators hear all of it. Rather too much is hidden than too little.
"""

import functools
import re
from typing import Final

HIDDEN: Final = "…"
_HOST: Final = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+){2,}(?::\d+)?"  # a name with its domain, and an address of IPv4
_FILE: Final = r"(?<![\w/])/[\w.@+-]+(?:/[\w.@+-]+)+"
_OTHERS: Final = re.compile(f"{_FILE}|(?<![\\w.-]){_HOST}")
_NAMED: Final = re.compile(r"(?i)\b(nodes? '?)[a-z0-9-]*[0-9.][a-z0-9.-]*")  # "node n1", where names have no domain


def told(reason: str, *, admin: bool) -> str:
    return reason if admin else _tenants(reason)


@functools.lru_cache(256)
def _tenants(reason: str) -> str:
    """Kept, since what a cluster says of one server it often says of many on a page."""
    return _OTHERS.sub(HIDDEN, _NAMED.sub(rf"\1{HIDDEN}", reason))
