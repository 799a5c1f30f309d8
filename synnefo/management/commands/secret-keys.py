"""``manage.py secret-keys``: the keys of SECRET_KEYS_FILE by fingerprint, the encrypting one first; ``--rotate`` adds one.

After a rotation copy the file to the other nodes; running processes notice. Older keys stay for what they encrypted.
"""

from typing import Any

from django.core.management.base import CommandParser

from logic import secretkeys
from synnefo.management.tables import OperatorCommand


class Command(OperatorCommand):
    """Never shows a key."""

    help = __doc__
    any_schema = True

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="put a new key first")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        keyring = secretkeys.current()
        if options["rotate"]:
            keyring.rotate()
        first, *older = keyring.fingerprints()
        rows = [(first, "encrypts and decrypts"), *((one, "decrypts") for one in older)]
        self.print_table(["fingerprint", "use"], rows)
