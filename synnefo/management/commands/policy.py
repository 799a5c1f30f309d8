"""``manage.py policy``: every rule with what it needs, as a ``policy.yaml``. What is as shipped stands behind a ``#``."""

from pathlib import Path
from typing import Any

from django.conf import settings

from logic.policy.overriding import checks_of
from logic.policy.rules import RULES, WORDS
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Written to be kept as a file and changed."""

    help = __doc__
    any_schema = True

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        given = checks_of(Path(settings.POLICY_FILE)) if settings.POLICY_FILE else {}
        for name, word in WORDS.items():
            self._print("", name, word.check, given)
        for name, rule in RULES.items():
            self._print(rule.action, name, rule.check, given)

    def _print(self, action: str, name: str, check: str, given: dict[str, str]) -> None:
        if action:
            self.stdout.write(f"# {action[:1].upper()}{action[1:]}")
        self.stdout.write(f'{"" if name in given else "#"}"{name}": "{given.get(name, check)}"\n\n')
