"""May this caller do that? Asked by commands and queries, before anything is looked up for it.

``target`` is what the operation is about: ``user_id`` for what belongs to a user, ``project_id`` for what belongs to a project.
``use`` is called once, at start, when all rules are registered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logic.access import Caller
from logic.errors import Forbidden, ForbiddenHere
from logic.policy.overriding import Decide, checks_of, read
from logic.policy.rules import RULES

_decide: Decide | None = None
_touched: frozenset[str] = frozenset()


def use(path: Path | None) -> None:
    """From now on by this file; None: by the defaults. Raises :class:`logic.policy.overriding.PolicyError`."""
    global _decide, _touched  # noqa: PLW0603 - one process has one policy
    _decide = read(path) if path else None
    given = checks_of(path) if path else {}
    _touched = frozenset(name for name, rule in RULES.items() if name in given or set(rule.needs) & set(given))


@contextmanager
def used(path: Path) -> Iterator[None]:
    """The same for a while."""
    before = {"_decide": _decide, "_touched": _touched}
    use(path)
    try:
        yield
    finally:
        globals().update(before)


def in_force() -> bool:
    """Is there a file of the site's?"""
    return _decide is not None


def is_touched(name: str) -> bool:
    """Has the site changed this rule, or a word of it?"""
    return name in _touched


def allowed(caller: Caller, name: str, **target: str) -> bool:
    """By the rule of this name. Raises ``KeyError`` for one that nobody registered."""
    rule = RULES[name]
    return rule.holds(caller, target) if _decide is None else _decide(name, caller, target)


def permit(caller: Caller, name: str, **target: str) -> None:
    """Raises :class:`Forbidden` naming the action and the role it needs, or the rule where that is the site's."""
    if not allowed(caller, name, **target):
        rule = RULES[name]
        if is_touched(name):
            raise ForbiddenHere(action=rule.action, rule=name)
        raise Forbidden(action=rule.action, needs=rule.role)
