"""Neutron's quotas, in its names for what is counted; what cannot be made here has the limit 0."""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict

from msgspec import UNSET, Struct, UnsetType

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
from synnefo.api.network import attributes
from synnefo.api.network.attributes import Flag, Text, flag

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


_Amount = int | str | UnsetType


class _Change(Struct, frozen=True, kw_only=True):
    """Limits, and whether one below what is used is refused: ``check_limit``. ``force`` is what clients send who want it set all
    the same, as it is without either."""

    network: _Amount = UNSET
    subnet: _Amount = UNSET
    port: _Amount = UNSET
    subnetpool: _Amount = UNSET
    rbac_policy: _Amount = UNSET
    router: _Amount = UNSET
    floatingip: _Amount = UNSET
    security_group: _Amount = UNSET
    security_group_rule: _Amount = UNSET
    address_group: _Amount = UNSET
    tenant_id: Text | None = None
    project_id: Text | None = None
    check_limit: Flag | None = None
    force: Flag | None = None


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


@describes(takes={"quota": _Change}, gives={"quota": QUOTA})
def update(call: Call, project: str) -> Answer:
    change = attributes.change(call, "quota", _Change)
    flag(change.force, "force", default=False)  # refused where it is no flag
    checked = flag(change.check_limit, "check_limit", default=False)
    commands.set_limits(call.caller, project, _wanted(change), checked=checked)
    return Answer(200, {"quota": _limits(quota.limits(project))})


def _wanted(change: _Change) -> dict[str, int]:
    sent = {name: getattr(change, name) for name in (*_OURS, *_ENFORCED, "router")}
    sent, known = {name: value for name, value in sent.items() if value is not UNSET}, _ours()
    if absent := sorted(sent.keys() & set(_NOT_MADE_HERE) - known.keys()):
        raise NotSupported(reason=f"There is nothing of the kind of {', '.join(absent)} in this cloud.")
    if unknown := sorted(sent.keys() - known.keys()):
        raise BadRequest(reason=f"Unrecognized attribute(s) '{', '.join(unknown)}'.")
    return {known[name]: _amount(name, value) for name, value in sent.items()}


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
