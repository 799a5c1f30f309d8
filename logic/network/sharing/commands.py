"""What may be asked of policies of sharing: each function is one transaction. ``logic.network.queries`` goes by the rows.

Called by the facade. Of Neutron's kinds of object only networks can be shared here. Locks: the network, then the policy.
"""

import datetime
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from logic.access import Caller, require
from logic.errors import BadRequest, Conflict, Forbidden, NotFound
from logic.ledger.store import store
from logic.network import fields
from logic.network.fields import EVERYBODY
from logic.network.models import Network, Port, RbacPolicy
from logic.network.networks.commands import held
from logic.network.queries import Wanted, one_of, page_of
from logic.network.security.refusals import Named
from logic.network.states import Observed
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "RBAC policy"
QUOTA: Final = "rbac_policies"
NETWORK: Final = "network"
SHARED, EXTERNAL = "access_as_shared", "access_as_external"
MAX_TARGET: Final = 64


class RbacPolicyInUse(Named, Conflict):
    """RBAC policy {id} cannot be removed or given to others because other objects depend on it: ports of {target} on network
    {network}."""

    code = "rbac-policy-in-use"


class DuplicateRbacPolicy(Named, Conflict):
    """An RBAC policy already exists with those values."""

    code = "rbac-policy-exists"


class NewPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy asked for: ``object`` (an id) of ``kind`` may be used as ``action`` says by ``target``, a project or ``*``."""

    object: str
    target: str
    action: str = SHARED
    kind: str = NETWORK
    project: str = ""


class PolicyInfo(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    project: str
    network: str
    target: str
    action: str
    created_at: datetime.datetime


@atomically
def create_policy(caller: Caller, wanted: NewPolicy) -> str:
    """Its id. Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`, :class:`QuotaExceeded`,
    :class:`DuplicateRbacPolicy`."""
    require(caller, "member", "share a network")
    if wanted.kind != NETWORK:
        raise BadRequest(reason=f"Invalid input for object_type: of this cloud only a {NETWORK} can be shared.")
    if wanted.action not in (SHARED, EXTERNAL):
        raise BadRequest(reason=f"Invalid input for action: it is {SHARED} or {EXTERNAL}.")
    fields.check(caller, "create_rbac_policy", fields.asked(wanted))
    if wanted.action == EXTERNAL and not caller.is_admin:
        raise Forbidden(action="sharing as a way outside", needs="admin")
    _check_target(wanted.target)
    network = held(caller, wanted.object, "sharing")
    project = wanted.project or network.project or caller.project
    if wanted.project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating an RBAC policy in another project", needs="admin")
    quota.check(project, {QUOTA: 1})
    row = RbacPolicy(project=project, network=network, target=wanted.target, action=wanted.action)
    _written(row)
    quota.record(project, {row.pk: {QUOTA: 1}})
    return row.pk


@atomically
def update_policy(caller: Caller, id: str, target: str) -> None:
    """Give it to another project. Raises :class:`NotFound`, :class:`Forbidden`, :class:`RbacPolicyInUse`."""
    require(caller, "member", "change an RBAC policy")
    row = _held(caller, id)
    fields.check(caller, "update_rbac_policy", {} if target == row.target else {"target": target})
    _check_target(target)
    if target not in (row.target, EVERYBODY):
        _check_unused(row)
    row.target = target
    _written(row)


@atomically
def delete_policy(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`, :class:`RbacPolicyInUse`."""
    require(caller, "member", "delete an RBAC policy")
    row = _held(caller, id)
    _check_unused(row)
    row.delete()
    store().release([id])


def policies(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[PolicyInfo]:
    """A page of policies, as ``network.queries.networks``."""
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_info(row) for row in page_of(KIND, _visible(caller), wanted)]


def policy(caller: Caller, id: str) -> PolicyInfo:
    """Raises :class:`NotFound`."""
    return _info(one_of(KIND, _visible(caller), id))


def _visible(caller: Caller) -> QuerySet[RbacPolicy]:
    """Of networks that are there: one's own, and those that share with one."""
    there = RbacPolicy.objects.filter(network__deleted_at=None)
    if caller.is_admin:
        return there
    return there.filter(Q(project=caller.project) | Q(network__project=caller.project))


def _info(row: RbacPolicy) -> PolicyInfo:
    values = {name: getattr(row, name) for name in PolicyInfo.__struct_fields__ if name != "network"}
    return PolicyInfo(**values, network=row.network_id)


def _held(caller: Caller, id: str) -> RbacPolicy:
    known = _visible(caller).filter(pk=id).first()
    if known is None:
        raise NotFound(kind=KIND, id=id)
    Network.objects.select_for_update().filter(pk=known.network_id).first()
    row = RbacPolicy.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=KIND, id=id)
    return row


def _check_target(target: str) -> None:
    if not 1 <= len(target) <= MAX_TARGET:
        raise BadRequest(reason="Invalid input for target_tenant: it is a project's id, or *.")


def _check_unused(row: RbacPolicy) -> None:
    """Nobody is on the network whom only this policy lets."""
    network = row.network
    if row.action != SHARED or network.shared:
        return
    others = (
        RbacPolicy.objects.filter(network=network, action=SHARED).exclude(pk=row.pk).values_list("target", flat=True)
    )
    let = set(others)
    if EVERYBODY in let:
        return
    ports = Port.objects.filter(network=network).exclude(observed=Observed.GONE).exclude(project=network.project)
    mine = ports if row.target == EVERYBODY else ports.filter(project=row.target)
    if mine.exclude(project__in=let).exists():
        target = "others" if row.target == EVERYBODY else row.target
        raise RbacPolicyInUse(id=row.pk, target=target, network=network.pk)


def _written(row: RbacPolicy) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise DuplicateRbacPolicy from None
