"""Neutron's quotas, in its names for what is counted; what cannot be made here has the limit 0."""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict

from msgspec import Struct

from logic.errors import BadRequest, Forbidden, NotSupported
from logic.network.routing import switch as routing
from logic.network.security import switch
from logic.quota import commands
from logic.quota import queries as quota
from synnefo.api.kernel import reading
from synnefo.api.kernel.answers import of_keys
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.kernel.reading import clipped

_NOT_MADE_HERE: Final = ("router", "floatingip", "security_group", "security_group_rule")
_OURS: Final = {  # Neutron's name, our resource
    "network": "networks", "subnet": "subnets", "port": "ports", "subnetpool": "subnetpools", "rbac_policy": "rbac_policies",
}  # fmt: skip
_ENFORCED: Final = {  # where nodes ask
    "security_group": "security_groups", "security_group_rule": "security_group_rules", "address_group": "address_groups",
    "floatingip": "floating_ips" }  # fmt: skip


class Used(TypedDict):
    """-1 is no limit."""

    limit: int
    used: int
    reserved: int


def _answer(name: str, kind: Any, *texts: str) -> Any:
    """One of ``kind`` for each name; some there are only where nodes ask."""
    always = [*_NOT_MADE_HERE, *_OURS]
    enforced = {one: NotRequired[kind] for one in _ENFORCED if one not in always}
    return of_keys(name, {**dict.fromkeys(texts, str), **dict.fromkeys(always, kind), **enforced})


QUOTA: Final = _answer("Quota", int)
QUOTA_OF_PROJECT: Final[Any] = _answer("QuotaOfProject", int, "tenant_id", "project_id")
QUOTA_DETAILS: Final = _answer("QuotaDetails", Used)


class _Body(Struct, forbid_unknown_fields=True, frozen=True):
    quota: dict[str, int | str]


@describes(gives={"quota": QUOTA})
def show(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.limits(project))})


@describes(gives={"quota": QUOTA})
def default(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.defaults())})


@describes(gives={"quota": QUOTA_DETAILS})
def details(call: Call, project: str) -> Answer:
    """Limits with what is used of them."""
    _check(call, project)
    sums = quota.usage(project)
    used = {name: sums.get(ours, 0) for name, ours in _ours().items()}
    found = {
        name: {"limit": limit, "used": used.get(name, 0), "reserved": 0}
        for name, limit in _limits(quota.limits(project)).items()
    }
    return Answer(200, {"quota": found})


@describes(gives={"quotas": list[QUOTA_OF_PROJECT]})
def index(call: Call) -> Answer:
    """Of the projects that have limits of their own."""
    if not call.caller.is_admin:
        raise Forbidden(action="seeing quotas of all projects", needs="admin")
    ids = quota.limited(set(_ours().values()))
    told = [{**_limits(quota.limits(id)), "tenant_id": id, "project_id": id} for id in ids]
    return Answer(200, {"quotas": told})


@describes(takes=_Body, gives={"quota": QUOTA})
def update(call: Call, project: str) -> Answer:
    sent, known = call.decode(_Body).quota, _ours()
    if unknown := sorted(sent.keys() - known.keys() - {"tenant_id", "project_id"} - set(_NOT_MADE_HERE)):
        raise BadRequest(reason=f"Unrecognized attribute(s) '{clipped(', '.join(unknown))}'.")
    if absent := sorted(sent.keys() & set(_NOT_MADE_HERE) - known.keys()):
        raise NotSupported(reason=f"There is nothing of the kind of {', '.join(absent)} in this cloud.")
    limits = {known[name]: _amount(name, value) for name, value in sent.items() if name in known}
    commands.set_limits(call.caller, project, limits)
    return Answer(200, {"quota": _limits(quota.limits(project))})


@describes(status=204)
def reset(call: Call, project: str) -> Answer:
    commands.reset_limits(call.caller, project, set(_ours().values()))
    return Answer(204)


def _amount(name: str, value: int | str) -> int:
    word = str(value)
    if not (word.removeprefix("-").isascii() and word.removeprefix("-").isdigit() and len(word) <= reading.MAX_DIGITS):
        raise BadRequest(reason=f"Invalid input for {name}. Reason: '{clipped(word)}' is not an integer.")
    return int(word)


def _limits(limits: Mapping[str, int]) -> dict[str, int]:
    ours = {name: limits.get(resource, -1) for name, resource in _ours().items()}
    return {**dict.fromkeys(_NOT_MADE_HERE, 0), **ours}


def _ours() -> dict[str, str]:
    enforced = {**_OURS, **_ENFORCED} if switch.on() else _OURS
    return {**enforced, "router": "routers"} if routing.on() else enforced


def _check(call: Call, project: str) -> None:
    if project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="seeing another project's quota", needs="admin")
