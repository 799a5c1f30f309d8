"""``PUT /os-quota-sets/{project}``: new limits, by Nova's names, for what is counted here."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from logic.errors import BadRequest
from logic.quota.queries import QuotaInfo
from synnefo.api.compute.render.quotas import QUOTAS, in_class
from synnefo.api.compute.requests.fields import Flag, Whole, flag, whole
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope; ``force``, a word for it, stands among the numbers."""

    quota_set: dict[str, Whole | Flag]


class ClassBody(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope of the limits that are everybody's who has none of his own."""

    quota_class_set: dict[str, Whole | Flag]


def class_limits(call: Call) -> dict[str, int]:
    """As :func:`limits`, of everybody. Raises :class:`BadRequest`."""
    sent, minor = call.decode(ClassBody).quota_class_set, call.version[1]
    known = {name for name in QUOTAS if in_class(name, minor)}
    return {resource: number for resource, number, _ in _numbers(call, sent, "quota_class_set", known)}


def limits(call: Call, known: Mapping[str, QuotaInfo]) -> dict[str, int]:
    """Our resources and their new limits; ``known`` are the project's now. Raises :class:`BadRequest` for a quota that
    is not one, is not counted here, or would be below what is used and is not forced."""
    sent = dict(call.decode(Body).quota_set)
    forced = flag(_word(sent.pop("force", False)), "quota_set.force")
    wanted: dict[str, int] = {}
    for resource, number, name in _numbers(call, sent, "quota_set", _of_projects(call)):
        used = known[resource].used if resource in known else 0
        if not forced and 0 <= number < used:
            raise BadRequest(reason=f"The quota {name} cannot be {number}: {used} are used. Send force to do so.")
        wanted[resource] = number
    return wanted


def _of_projects(call: Call) -> set[str]:
    return {name for name, quota in QUOTAS.items() if not call.at_least(quota.until)}


def _numbers(
    call: Call, sent: Mapping[str, Whole | Flag], field: str, known: Collection[str]
) -> Iterator[tuple[str, int, str]]:
    """Our resource, its limit, Nova's name."""
    for name, value in sent.items():
        if name not in known:
            reason = f"The quota {clipped(name)!r} is not known in version 2.{call.version[1]}. Leave it out."
            raise BadRequest(reason=reason)
        yield QUOTAS[name].resource, whole(_word(value), f"{field}.{name}", low=-1), name


def _word(value: Whole | Flag) -> str:
    return str(value)
