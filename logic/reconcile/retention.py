"""Forgetting, in small batches while everything runs: expired tokens, and after N days inbox keys, settled commands, and
journal lines that changed nothing.

The fence still catches a replay older than the inbox. Lines that changed a state stay: replaying them gives the columns.
"""

import datetime

from django.conf import settings

from logic import clock
from logic.identity.commands.tokens import prune_tokens
from logic.ledger.models import Command, Inbox, Journal

BATCH = 1000


def prune() -> int:
    """Delete at most a batch of each; how many rows went."""
    before = clock.now() - datetime.timedelta(days=settings.RETENTION_DAYS)
    old_keys = Inbox.objects.filter(at__lt=before).values_list("pk", flat=True)[:BATCH]
    old_lines = Journal.objects.filter(at__lt=before, changes={}).values_list("pk", flat=True)[:BATCH]
    old_commands = Command.objects.filter(settled_at__lt=before).values_list("pk", flat=True)[:BATCH]
    total = prune_tokens(BATCH)
    for model, keys in ((Inbox, list(old_keys)), (Journal, list(old_lines)), (Command, list(old_commands))):
        total += model.objects.filter(pk__in=keys).delete()[0]
    return total
