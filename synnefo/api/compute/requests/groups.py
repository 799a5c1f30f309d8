"""Bodies about where servers shall be: new server groups, and the hints beside a new server."""

import uuid
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from logic.compute.wishes import APART, POLICIES, SOFT, Wishes
from logic.errors import BadRequest
from synnefo.api.compute.requests.fields import Name, Whole, name, not_here, of_version, whole
from synnefo.api.compute.versions import Since
from synnefo.api.kernel.calls import Call
from synnefo.api.kernel.reading import clipped

Policy = Literal["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]


class Rules(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Of ``anti-affinity``, from 2.64."""

    max_server_per_host: Whole | UnsetType = UNSET


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Below 2.64 one policy in a list, from there on by itself."""

    name: Name
    policies: list[Policy] | UnsetType = UNSET
    policy: Policy | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


class Body(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The envelope."""

    server_group: Wanted


def creation(call: Call) -> tuple[str, str, int | None]:
    """Name, policy, and the most on one host. Raises :class:`BadRequest`."""
    wanted = call.decode(Body).server_group
    of_version(call, wanted, dict.fromkeys(("policy", "rules"), Since.GROUP_POLICY), "server_group")
    policy = _policy(call, wanted)
    if policy.startswith(SOFT) and not call.at_least(Since.SOFT_POLICIES):
        raise BadRequest(reason=f"The policy {policy} is not known in version 2.{call.version[1]}.")
    return name(wanted.name, "server_group.name"), policy, _per_host(policy, wanted)


def _policy(call: Call, wanted: Wanted) -> str:
    if call.at_least(Since.GROUP_POLICY):
        if wanted.policies is not UNSET:
            raise BadRequest(reason="The field server_group.policies is not known from version 2.64 on. Send policy.")
        if wanted.policy is UNSET:
            raise BadRequest(reason=f"The field server_group.policy is required: one of {', '.join(POLICIES)}.")
        return wanted.policy
    if wanted.policies is UNSET or len(wanted.policies) != 1:
        raise BadRequest(reason=f"The field server_group.policies must hold one of {', '.join(POLICIES)}.")
    return wanted.policies[0]


def _per_host(policy: str, wanted: Wanted) -> int | None:
    if wanted.rules is UNSET or wanted.rules.max_server_per_host is UNSET:
        return None
    if policy != APART:
        raise BadRequest(reason=f"Only a group of policy {APART} has the rule max_server_per_host. Leave it out.")
    return whole(wanted.rules.max_server_per_host, "server_group.rules.max_server_per_host", low=1)


def wishes(hints: Mapping[str, Any]) -> Wishes:
    """Raises :class:`BadRequest`, also for what is not looked at here."""
    sent = dict(hints)
    group, beside, apart = (sent.pop(key, None) for key in ("group", "same_host", "different_host"))
    if sent:
        named = clipped(min(sent))
        raise not_here(f"os:scheduler_hints.{named}", "it is no group, same_host or different_host. Leave it out.")
    (one, *others) = _ids(group, "group") or ("",)
    if others:
        raise BadRequest(reason="A server is in one group. Name one.")
    return Wishes(group=one, beside=_ids(beside, "same_host"), apart=_ids(apart, "different_host"))


def _ids(value: Any, key: str) -> tuple[str, ...]:
    """One, or a list of them."""
    values = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and _is_uuid(one) for one in values):
        raise BadRequest(reason=f"The hint {key} must be an id, or a list of them.")
    return tuple(values)


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
