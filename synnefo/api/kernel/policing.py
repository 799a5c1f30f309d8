"""What a site says of an operation, before its view: the rules by name of ``synnefo.api.policies``.

A rule that the site has not touched is not looked at here: the commands and gates behind the route ask for the role that it is
made of. One that it has is asked, and who passes it is not asked for that role again. Called by ``handling``, and only where
there is a ``policy.yaml``.
"""

from collections.abc import Iterator

import msgspec

from logic import policy
from logic.access import Caller
from logic.decoding import decode
from synnefo.api.policies import TABLES


def judged(caller: Caller, service: str, method: str, route: str, body: bytes, project: str = "") -> Caller:  # noqa: PLR0913
    """Who goes on, with what the rule grants. The things of a rule's check are those of the ``project`` that the address names,
    or else the caller's own: others' are unknown to them. Raises :class:`Forbidden`."""
    names = list(_names(service, method, route, body))
    touched = [name for name in names if policy.is_touched(name)]
    for name in touched:
        policy.permit(caller, name, project_id=project or caller.project, user_id=caller.user)
    if len(names) != 1 or not touched:
        return caller
    return msgspec.structs.replace(caller, granted=policy.RULES[names[0]].role)


def _names(service: str, method: str, route: str, body: bytes) -> Iterator[str]:
    table = TABLES.get(service)
    if table is None:
        return
    if name := table.rule(method, route):
        yield name
    elif method == "POST":
        for word in _words(body):
            if (route, word) in table.actions:
                yield table.actions[route, word]


def _words(body: bytes) -> list[str]:
    """What the body wants to have done; what cannot be read is refused by its view."""
    try:
        return list(decode(body, dict[str, msgspec.Raw]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
