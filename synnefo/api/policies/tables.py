"""What a table of a service's operations is: which rule stands before which route. Pure.

A line is ``METHOD route rule role``: the route as the facade's ``urls`` writes it, the rule by OpenStack's name, and the role
that it needs as shipped, which the commands and gates behind the route ask for themselves. Of a route that does several things
(``servers/<id>/action``) each has a line: ``route#word``.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from logic.policy import Rule, register

_NEEDS: Final = {
    "anyone": ("anybody",),
    "reader": ("project_reader",),
    "member": ("project_member",),
    "admin": ("admin_required",),
}


class Table(msgspec.Struct, frozen=True):
    """``routes``: (method, route) to the rule's name; ``actions``: (route, word of the body) to it."""

    routes: Mapping[tuple[str, str], str]
    actions: Mapping[tuple[str, str], str]

    def rule(self, method: str, route: str) -> str:
        """Empty: there is none, or the body says which."""
        return self.routes.get(("GET" if method == "HEAD" else method, route), "")


def table(lines: str) -> Table:
    """Registers the rules, too. Raises ``ValueError`` for a rule with two defaults, and for a route with two rules."""
    routes: dict[tuple[str, str], str] = {}
    actions: dict[tuple[str, str], str] = {}
    for method, route, name, role in _lines(lines):
        register([Rule(name, _NEEDS[role], f"the operation {name}")])
        path, _, word = route.partition("#")
        where, key = (actions, (path, word)) if word else (routes, (method, path))
        if where.setdefault(key, name) != name:
            raise ValueError(f"{method} {route} has two rules")
    return Table(routes, actions)


def _lines(text: str) -> Iterator[tuple[str, str, str, str]]:
    for line in filter(None, text.splitlines()):
        method, route, name, role = line.split()
        yield method, route, name, role
