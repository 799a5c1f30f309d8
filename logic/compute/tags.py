"""Tags of servers: words in one column of the row, so that a page of servers costs no question more. Pure.

They stand sorted between commas, which no tag holds: ``,blue,red,``. Called by ``rows`` and ``listing`` to read and find them,
by ``attributes`` and ``creating`` to write them.
"""

import re
from collections.abc import Iterable

MOST = 50


def listed(column: str | None) -> list[str]:
    return column.strip(",").split(",") if column else []


def written(tags: Iterable[str]) -> str | None:
    """None: none."""
    known = sorted(set(tags))
    return f",{','.join(known)}," if known else None


def pattern(tag: str) -> str:
    """A regular expression for the columns that hold it: unlike a text to look for, it minds capitals on every database."""
    return f",{re.escape(tag)},"
