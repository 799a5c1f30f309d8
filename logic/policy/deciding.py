"""May this caller do that? Asked by commands and queries, before anything is looked up for it.

``target`` is what the operation is about: ``user_id`` for what belongs to a user, ``project_id`` for what belongs to a project.
"""

from logic.access import Caller
from logic.errors import Forbidden
from logic.policy.rules import RULES


def allowed(caller: Caller, name: str, **target: str) -> bool:
    """By the rule of this name. Raises ``KeyError`` for one that nobody registered."""
    return RULES[name].holds(caller, target)


def permit(caller: Caller, name: str, **target: str) -> None:
    """Raises :class:`Forbidden` naming the action and the role it needs."""
    if not allowed(caller, name, **target):
        rule = RULES[name]
        raise Forbidden(action=rule.action, needs=rule.role)
