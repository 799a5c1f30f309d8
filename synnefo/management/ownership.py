"""Whose the instances of a cluster are to become: a file of rules, of which the first that fits an instance is its own.

Read by ``manage.py cluster-import``. TOML, a table ``[[owner]]`` a rule::

    [[owner]]
    instance = "web*.example.org"   # shell pattern of names
    tag = "customer:red"            # shell pattern of one of its tags; with both, both must fit
    project = "red"                 # id or name
    user = "alice"                  # id or name; without it the operator counts as its maker
    flavor = "m1.small"             # id or name; without it the one of its size
    name = "{instance}"             # the server's name; without it the instance's

An instance that no rule fits is left alone.
"""

import fnmatch
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from logic import decoding
from logic.access import operator
from logic.backends.base import Described
from logic.compute.adopting import Wanted
from logic.errors import BadRequest
from synnefo.management.owners import project_id, user_id

LARGEST = 1024 * 1024  # bytes of a file of rules


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``instance`` and ``tag`` are shell patterns; empty: any."""

    project: str
    instance: str = ""
    tag: str = ""
    user: str = ""
    flavor: str = ""
    name: str = ""

    def fits(self, found: Described) -> bool:
        named = not self.instance or fnmatch.fnmatchcase(found.instance, self.instance)
        return named and (not self.tag or any(fnmatch.fnmatchcase(tag, self.tag) for tag in found.tags))


class _Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    owner: tuple[Rule, ...]


class Owners:
    """``rules`` with ids in the place of names."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def wanted(self, backend: str, found: Described) -> Wanted | None:
        """What the first rule that fits says of an instance; None when none does."""
        rule = next((one for one in self._rules if one.fits(found)), None)
        if rule is None:
            return None
        name = rule.name.replace("{instance}", found.instance)
        return Wanted(backend=backend, project=rule.project, user=rule.user, name=name, flavor=rule.flavor)


def read(file: str) -> Owners:
    """Raises :class:`BadRequest` for a file that cannot be used, saying which rule, and for whom that is unknown."""
    try:
        with Path(file).open("rb") as opened:
            text = opened.read(LARGEST).decode()
        rules = decoding.convert(tomllib.loads(text), _Rules).owner
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadRequest(reason=f"Cannot read the owners from {file}: {reason}.") from error
    return Owners([_known(file, place, rule) for place, rule in enumerate(rules, start=1)])


def _known(file: str, place: int, rule: Rule) -> Rule:
    if not (rule.instance or rule.tag):
        raise BadRequest(
            reason=f'Rule {place} of {file} says neither which instance nor which tag; say instance = "*".'
        )
    user = user_id(rule.user) if rule.user else operator().user
    return msgspec.structs.replace(rule, project=project_id(rule.project), user=user)
