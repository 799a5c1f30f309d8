"""``PUT /os-quota-sets/{project}``: new limits, by Nova's names, for what is counted here."""

from collections.abc import Mapping

import msgspec

from logic.errors import BadRequest
from logic.quota.queries import QuotaInfo
from synnefo.api.compute.render.quotas import QUOTAS
from synnefo.api.compute.requests.fields import Flag, Whole, flag, not_here, whole
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

SETTABLE = frozenset({"servers", "cores", "ram", "server_groups", "server_group_members"})


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope; ``force``, a word for it, stands among the numbers."""

    quota_set: dict[str, Whole | Flag]


def limits(call: Call, known: Mapping[str, QuotaInfo]) -> dict[str, int]:
    """Our resources and their new limits; ``known`` are the project's now. Raises :class:`BadRequest` for a quota that
    is not one, is not counted here, or would be below what is used and is not forced."""
    sent = dict(call.decode(Body).quota_set)
    forced = flag(_word(sent.pop("force", False)), "quota_set.force")
    wanted: dict[str, int] = {}
    for name, value in sent.items():
        quota = QUOTAS.get(name)
        if quota is None or call.at_least(quota.until):
            raise BadRequest(
                reason=f"The quota {clipped(name)!r} is not known in version 2.{call.version[1]}. Leave it out."
            )
        number = whole(_word(value), f"quota_set.{name}", low=-1)
        now = known.get(quota.resource) or QuotaInfo(quota.limit, 0)
        if quota.resource in SETTABLE:
            wanted[quota.resource] = number
            if not forced and 0 <= number < now.used:
                raise BadRequest(
                    reason=f"The quota {name} cannot be {number}: {now.used} are used. Send force to do so."
                )
        elif number != now.limit:
            raise not_here(f"quota_set.{name}", f"it is {now.limit} for every project.")
    return wanted


def _word(value: Whole | Flag) -> str:
    return str(value)
