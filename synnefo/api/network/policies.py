"""Neutron's RBAC policies: their bodies, the views that make, change and delete them, and how one is written."""

from typing import Any

from msgspec import Struct

from logic.access import Caller
from logic.network.sharing import commands
from logic.network.sharing.commands import NETWORK, NewPolicy, PolicyInfo
from synnefo.api.kernel.calls import Answer, Call
from synnefo.api.kernel.describing import describes
from synnefo.api.network import attributes
from synnefo.api.network.answers.security import RbacPolicy
from synnefo.api.network.attributes import Text


class _New(Struct, frozen=True, kw_only=True):
    object_type: str
    object_id: str
    action: str
    target_tenant: str | None = None
    target_project_id: str | None = None
    tenant_id: Text | None = None
    project_id: Text | None = None


class _Change(Struct, frozen=True, kw_only=True):
    target_tenant: str


@describes(takes={"rbac_policy": _New}, gives={"rbac_policy": RbacPolicy}, status=201)
def create(call: Call) -> Answer:
    sent = attributes.change(call, "rbac_policy", _New)
    wanted = NewPolicy(
        object=sent.object_id,
        kind=sent.object_type,
        target=sent.target_tenant or sent.target_project_id or "",
        action=sent.action,
        project=attributes.project(sent),
    )
    return _answer(call, commands.create_policy(call.caller, wanted), 201)


@describes(takes={"rbac_policy": _Change}, gives={"rbac_policy": RbacPolicy})
def update(call: Call, id: str) -> Answer:
    commands.policy(call.caller, id)
    commands.update_policy(call.caller, id, attributes.change(call, "rbac_policy", _Change).target_tenant)
    return _answer(call, id, 200)


@describes(status=204)
def delete(call: Call, id: str) -> Answer:
    commands.delete_policy(call.caller, id)
    return Answer(204)


def _answer(call: Call, id: str, status: int) -> Answer:
    return Answer(status, {"rbac_policy": written(commands.policy(call.caller, id), call.caller)})


def written(info: PolicyInfo, caller: Caller) -> dict[str, Any]:  # noqa: ARG001 - as every resource is written
    return {
        "id": info.id,
        "tenant_id": info.project,
        "project_id": info.project,
        "object_type": NETWORK,
        "object_id": info.network,
        "target_tenant": info.target,
        "action": info.action,
    }
