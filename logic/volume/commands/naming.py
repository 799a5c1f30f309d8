"""What types of volumes, types of groups and QoS specs have in common: administrators make them under names that nothing else of
their kind has, and write words into them. Called by ``types``, ``group_types`` and ``qos``, inside their transactions.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import IntegrityError, transaction

from logic import clock
from logic.errors import Conflict, NotFound
from logic.volume.models import Plain
from logic.volume.refusals import InvalidInput

P = TypeVar("P", bound=Plain)


def saved(row: P, what: str) -> P:
    """``what``: its kind, as Cinder writes it. Raises :class:`InvalidInput` for no name, :class:`Conflict` for one that there
    is."""
    if not row.name.strip():
        raise InvalidInput(reason=f"a {what.lower()} needs a name.")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Conflict(reason=f"{what} {row.name} already exists.") from error
    return row


def changed(row: P, changes: Mapping[str, Any], what: str) -> P:
    """Raises as :func:`saved`."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    return saved(row, what)


def without(words: Mapping[str, str], key: str, kind: str) -> dict[str, str]:
    """Raises :class:`NotFound`."""
    if key not in words:
        raise NotFound(kind=kind, id=key)
    return {name: value for name, value in words.items() if name != key}
