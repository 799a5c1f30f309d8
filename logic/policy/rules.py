"""What a rule is: a name, what an operation is called in a refusal, and which of the words below suffice.

The words are few on purpose: each is a function here and, for whoever writes a ``policy.yaml``, a check of oslo.policy's
language; a test holds the two together.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from logic.access import Caller
from logic.access import Role as RoleName

Target = Mapping[str, str]


class Word(msgspec.Struct, frozen=True):
    """``check`` in oslo.policy's language; ``holds`` the same as a function; ``role``: what a refusal tells to ask for."""

    check: str
    holds: Callable[[Caller, Target], bool]
    role: RoleName = "admin"


WORDS: Final[dict[str, Word]] = {
    "admin_required": Word("role:admin", lambda caller, _: caller.is_admin),
    "system_reader": Word(
        "role:reader and scope:system", lambda caller, _: caller.system and caller.holds("reader"), "reader"
    ),
    "domain_manager": Word(
        "role:manager and scope:domain and domain_id:%(domain_id)s",
        lambda caller, target: (
            bool(caller.domain) and caller.domain == target.get("domain_id") and caller.holds("manager")
        ),
    ),
    "service_role": Word("role:service", lambda caller, _: "service" in caller.roles),
    "owner": Word(
        "user_id:%(user_id)s", lambda caller, target: bool(caller.user) and caller.user == target.get("user_id")
    ),
    "network_owner": Word(  # of what stands on a network: whose that is
        "project_id:%(network:project_id)s",
        lambda caller, target: bool(caller.project) and caller.project == target.get("network:project_id"),
    ),
    "project_member": Word(
        "role:member and scope:project", lambda caller, _: bool(caller.project) and caller.holds("member"), "member"
    ),
    "project_reader": Word(
        "role:reader and scope:project", lambda caller, _: bool(caller.project) and caller.holds("reader"), "reader"
    ),
    "anybody": Word("@", lambda _caller, _target: True, "reader"),
}


class Rule(msgspec.Struct, frozen=True):
    """``needs``: words of which one is enough. ``action`` completes "Policy does not allow …"."""

    name: str
    needs: tuple[str, ...]
    action: str

    @property
    def check(self) -> str:
        """The default, in oslo.policy's language."""
        return " or ".join(f"rule:{word}" for word in self.needs)

    @property
    def role(self) -> str:
        return WORDS[self.needs[-1]].role if self.needs[0] != "admin_required" else "admin"

    def holds(self, caller: Caller, target: Target) -> bool:
        return any(WORDS[word].holds(caller, target) for word in self.needs)


RULES: Final[dict[str, Rule]] = {}


def register(rules: Iterable[Rule]) -> None:
    """Called by each app for its own, at import. Raises ``ValueError`` for a name that is taken, or a word that is none."""
    for rule in rules:
        if RULES.setdefault(rule.name, rule) != rule or not set(rule.needs) <= set(WORDS):
            raise ValueError(f"the rule {rule.name} is there already, or needs words that there are not: {rule.needs}")
