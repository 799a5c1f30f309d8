"""Who may do what, by the names that operators know from ``policy.yaml``: ``identity:create_user``.

Floor. ``rules`` has what a rule is and which there are; each app lists its own, as ``logic/identity/rules.py`` does. ``deciding``
answers for a caller; commands and queries ask it. Where the site has written no policy, that is a look into a table;
where it has, ``overriding`` reads it.
"""

from logic.policy.deciding import allowed, permit, use
from logic.policy.overriding import PolicyError
from logic.policy.rules import Rule, register

__all__ = ["PolicyError", "Rule", "allowed", "permit", "register", "use"]
