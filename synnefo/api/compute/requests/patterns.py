"""Regular expressions in filters: those that every database understands and that none is slow on.

Nova hands a filter's expression to its database as it is. Here a tenant's expression runs in the process that serves the
others too (SQLite's are Python's), so what can make a matcher try without end is refused.
"""

import re

from logic.errors import BadRequest

MAX_PATTERN = 255
MAX_REPEATS = 3
_REPEATED_GROUP = re.compile(r"\)\s*[*+?{]")
_REPEAT = re.compile(r"[*+?{]")
_FOREIGN = re.compile(r"\\[1-9]|\(\?|[*+?}][*+?{]")


def pattern(text: str, parameter: str) -> str:
    """The expression, if it may run. Raises :class:`BadRequest`."""
    if len(text) > MAX_PATTERN:
        raise BadRequest(reason=f"The parameter {parameter} must have at most {MAX_PATTERN} characters.")
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise BadRequest(reason=f"The parameter {parameter} is not a regular expression. Correct it.") from None
    if _REPEATED_GROUP.search(text) or _FOREIGN.search(text) or len(_REPEAT.findall(text)) > MAX_REPEATS:
        raise BadRequest(reason=f"The parameter {parameter} is too complex a regular expression. Write it more simply.")
    return text
