"""What is known here of why a command came to nothing, beside what the backend has said of it. Called by those who wait for what
a command brings (``logic.image.capturing``)."""

from logic.ledger.models import Command
from logic.transactions import atomically


@atomically
def explain(command: str, why: str) -> str:
    """Put the reason before the backend's, of a command that is over. All of it; empty: nothing is known."""
    row = Command.objects.select_for_update().filter(pk=command).first()
    if row is None or not why:
        return row.error if row else why
    told = f"{why} {row.error}".strip()
    Command.objects.filter(pk=command).update(error=told)
    return told
