"""Neutron's quotas. Ports, security groups, floating addresses and routers are limited; what cannot be made has the limit 0."""

from collections.abc import Mapping
from typing import Final

from logic.errors import Forbidden, NotSupported
from logic.network import queries
from logic.network.routing import switch as routing
from logic.network.security import switch
from logic.quota import queries as quota
from synnefo.api.kernel.calls import Answer, Call

_NOT_MADE_HERE: Final = (
    "network", "subnet", "subnetpool", "router", "floatingip", "security_group", "security_group_rule", "rbac_policy",
)  # fmt: skip
_OURS: Final = {"port": "ports"}  # Neutron's name, our resource
_ENFORCED: Final = {  # where nodes ask
    "security_group": "security_groups", "security_group_rule": "security_group_rules", "floatingip": "floating_ips",
}  # fmt: skip


def show(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.limits(project))})


def default(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.defaults())})


def details(call: Call, project: str) -> Answer:
    """Limits with what is used of them."""
    _check(call, project)
    sums = quota.usage(project)
    used = {**queries.owned(project), **{name: sums.get(ours, 0) for name, ours in _ours().items()}}
    found = {
        name: {"limit": limit, "used": used.get(name, 0), "reserved": 0}
        for name, limit in _limits(quota.limits(project)).items()
    }
    return Answer(200, {"quota": found})


def unchangeable(call: Call, project: str) -> Answer:
    _check(call, project)
    reason = "Quotas of networking are not changed over this API. Operators do it with `manage.py quota-set`."
    raise NotSupported(reason=reason)


def _limits(limits: Mapping[str, int]) -> dict[str, int]:
    ours = {name: limits.get(resource, -1) for name, resource in _ours().items()}
    return {**dict.fromkeys(_NOT_MADE_HERE, 0), **ours}


def _ours() -> dict[str, str]:
    enforced = {**_OURS, **_ENFORCED} if switch.on() else _OURS
    return {**enforced, "router": "routers"} if routing.on() else enforced


def _check(call: Call, project: str) -> None:
    if project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="seeing another project's quota", needs="admin")
