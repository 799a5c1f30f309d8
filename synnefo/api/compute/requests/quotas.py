"""``PUT /os-quota-sets/{project}``: new limits, by Nova's names, for what is counted here."""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from logic.errors import BadRequest
from synnefo.api.compute.render.quotas import NETWORKS, QUOTAS, in_class
from synnefo.api.compute.requests.fields import Flag, Whole, flag, whole
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

OF_PROJECTS = {QUOTAS[name].resource for name in NETWORKS}


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


def limits(call: Call, settable: Mapping[str, tuple[int, int]], *, of_user: bool = False) -> dict[str, int]:
    """Our resources and their new limits; ``settable`` is between what they may be. Raises :class:`BadRequest` for a quota that
    is not one, is none of users' where it is one's, or is not between those and not forced."""
    sent = dict(call.decode(Body).quota_set)
    forced = flag(_word(sent.pop("force", False)), "quota_set.force")
    wanted: dict[str, int] = {}
    for resource, number, name in _numbers(call, sent, "quota_set", _of_projects(call)):
        if of_user and resource in OF_PROJECTS:
            raise BadRequest(
                reason=f"The quota {name} is of projects, not of users. Leave it out, or leave user_id out."
            )
        if not forced:
            _check(name, number, *settable.get(resource, (0, -1)))
        wanted[resource] = number
    return wanted


def _check(name: str, number: int, least: int, most: int) -> None:
    """-1 is without end."""
    if 0 <= number < least:
        reason = f"The quota {name} cannot be {number}: {least} are used, or were given to users. Send force to do so."
        raise BadRequest(reason=reason)
    if most >= 0 and not 0 <= number <= most:
        raise BadRequest(
            reason=f"The quota {name} cannot be {number}: the project has {most} to give. Send force to do so."
        )


def resources(call: Call) -> list[str]:
    """Ours, whose limits are Nova's in this version."""
    return [QUOTAS[name].resource for name in _of_projects(call)]


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
