"""Documents that other services read: kept as they are, and read by nothing here."""

from collections.abc import Mapping
from typing import Any

from logic.access import Caller
from logic.identity.commands.rows import changed, extended, held
from logic.identity.infos import PolicyInfo
from logic.identity.models import Policy
from logic.identity.queries.catalog import policy_info
from logic.policy import permit
from logic.transactions import atomically


@atomically
def create_policy(caller: Caller, type: str, blob: str, extra: Mapping[str, Any]) -> PolicyInfo:
    """Raises :class:`Forbidden`, :class:`BadRequest`."""
    permit(caller, "identity:create_policy")
    return policy_info(Policy.objects.create(type=type, blob=blob, extra=extended(None, extra)))


@atomically
def change_policy(caller: Caller, id: str, type: str | None, blob: str | None, extra: Mapping[str, Any]) -> PolicyInfo:
    """Raises :class:`Forbidden`, :class:`NotFound`, :class:`BadRequest`."""
    permit(caller, "identity:update_policy")
    row = held(Policy, "policy", id)
    changed(row, {"type": type, "blob": blob, "extra": extra})
    row.save()
    return policy_info(row)


@atomically
def delete_policy(caller: Caller, id: str) -> None:
    """Raises :class:`Forbidden`, :class:`NotFound`."""
    permit(caller, "identity:delete_policy")
    held(Policy, "policy", id).delete()
