"""What an application credential with access rules may ask for. Pure; called by the API's kernel for each request.

In a rule's path ``*`` and ``{anything}`` stand for one part between slashes, ``**`` for any number of them, as in Keystone's.
"""

import functools
import re
from collections.abc import Collection, Iterable

from logic.access import Permitted

_MARKS = re.compile(r"\*\*|\*|\{[^/{}]*\}")


def permits(rules: Iterable[Permitted], services: Collection[str], method: str, paths: Collection[str]) -> bool:
    """Whether one of the rules is for this request: of a service by any of its names, to an address by any of its forms."""
    return any(
        rule.service in services
        and rule.method == method
        and any(_expression(rule.path).fullmatch(path) for path in paths)
        for rule in rules
    )


@functools.lru_cache(maxsize=1024)
def _expression(path: str) -> re.Pattern[str]:
    parts, end = [], 0
    for mark in _MARKS.finditer(path):
        parts += [re.escape(path[end : mark.start()]), ".*" if mark[0] == "**" else "[^/]+"]
        end = mark.end()
    return re.compile("".join([*parts, re.escape(path[end:])]))
