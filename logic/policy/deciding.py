"""May this caller do that? Asked by commands and queries, before anything is looked up for it.

``target`` is what the operation is about: ``user_id`` for what belongs to a user, ``project_id`` for what belongs to a project.
``use`` is called once, at start, when all rules are registered.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logic.access import Caller
from logic.errors import Forbidden
from logic.policy.overriding import Decide, read
from logic.policy.rules import RULES

_decide: Decide | None = None


def use(path: Path | None) -> None:
    """From now on by this file; None: by the defaults. Raises :class:`logic.policy.overriding.PolicyError`."""
    global _decide  # noqa: PLW0603 - one process has one policy
    _decide = read(path) if path else None


@contextmanager
def used(path: Path) -> Iterator[None]:
    """The same for a while."""
    before = _decide
    use(path)
    try:
        yield
    finally:
        globals()["_decide"] = before


def allowed(caller: Caller, name: str, **target: str) -> bool:
    """By the rule of this name. Raises ``KeyError`` for one that nobody registered."""
    rule = RULES[name]
    return rule.holds(caller, target) if _decide is None else _decide(name, caller, target)


def permit(caller: Caller, name: str, **target: str) -> None:
    """Raises :class:`Forbidden` naming the action and the role it needs."""
    if not allowed(caller, name, **target):
        rule = RULES[name]
        raise Forbidden(action=rule.action, needs=rule.role)
