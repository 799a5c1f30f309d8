"""Neutron's quotas. Ports are limited; what cannot be made over this API has the limit 0."""

from typing import Any

from logic.errors import Forbidden, NotSupported
from logic.network import queries
from logic.quota import queries as quota
from synnefo.api.kernel.calls import Answer, Call

_NOT_MADE_HERE = (
    "network", "subnet", "subnetpool", "router", "floatingip", "security_group", "security_group_rule", "rbac_policy",
)  # fmt: skip


def show(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.quotas(project)["ports"].limit)})


def default(call: Call, project: str) -> Answer:
    _check(call, project)
    return Answer(200, {"quota": _limits(quota.defaults()["ports"])})


def details(call: Call, project: str) -> Answer:
    """Limits with what is used of them."""
    _check(call, project)
    ports = quota.quotas(project)["ports"]
    used = {**queries.owned(project), "port": ports.used}
    found = {
        name: {"limit": limit, "used": used.get(name, 0), "reserved": 0} for name, limit in _limits(ports.limit).items()
    }
    return Answer(200, {"quota": found})


def unchangeable(call: Call, project: str) -> Answer:
    _check(call, project)
    reason = "Quotas of networking are not changed over this API. Operators do it with `manage.py quota-set`."
    raise NotSupported(reason=reason)


def _limits(ports: int) -> dict[str, Any]:
    return {**dict.fromkeys(_NOT_MADE_HERE, 0), "port": ports}


def _check(call: Call, project: str) -> None:
    if project != call.caller.project and not call.caller.is_admin:
        raise Forbidden(action="seeing another project's quota", needs="admin")
