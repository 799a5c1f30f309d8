"""Who may do what, by the names that operators know from ``policy.yaml``: ``identity:create_user``.

Floor. ``rules`` has what a rule is and which there are; each app lists its own, as ``logic/identity/rules.py`` does. ``deciding``
answers for a caller; commands and queries ask it. Where the site has written no policy, that is a look into a table;
where it has, ``overriding`` reads it.
"""

from logic.policy.deciding import allowed, in_force, is_touched, permit, use
from logic.policy.overriding import PolicyError
from logic.policy.rules import RULES, Rule, register

__all__ = ["RULES", "PolicyError", "Rule", "allowed", "in_force", "is_touched", "permit", "register", "use"]
