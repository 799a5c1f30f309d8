"""The group called default that every project has: made when it is first looked for or needed.

Called by ``queries`` and ``members``. Whoever comes first makes it: its id follows from the project's, so that a second one
cannot be. Its rules are Neutron's and the project's to change: out may everything, in may what comes from its own members.
"""

import uuid
from typing import Final

from django.db.models import QuerySet

from logic.network.models import SecurityGroup, SecurityRule
from logic.quota import commands as quota
from logic.transactions import atomically

NAME: Final = "default"
_NAMESPACE: Final = uuid.UUID("5f0c7f5e-4b5b-5d3a-9a51-5d6f2a8f6c02")


def id_of(project: str) -> str:
    """The id that the project's default group has, or would have."""
    return str(uuid.uuid5(_NAMESPACE, project))


def ensure(project: str) -> str:
    """Its id; it is there now."""
    id = id_of(project)
    if not _there(id).exists():
        _make(project, id)
    return id


def _there(id: str) -> QuerySet[SecurityGroup]:
    return SecurityGroup.objects.filter(pk=id)


@atomically
def _make(project: str, id: str) -> None:
    """Who makes it at the same time waits here, and finds it made. Quota counts it, and does not refuse it."""
    about = {"project": project, "name": NAME, "description": "Default security group", "is_default": True}
    group, made = SecurityGroup.objects.get_or_create(pk=id, defaults=about)
    if not made:
        return
    rules = [*open_outward(group), *(_among_members(group, ethertype) for ethertype in ("IPv4", "IPv6"))]
    SecurityRule.objects.bulk_create(rules)
    quota.forget(project, id)  # it may have been there before
    held = {rule.pk: {"security_group_rules": 1} for rule in rules}
    quota.record(project, {id: {"security_groups": 1}, **held})


def open_outward(group: SecurityGroup) -> list[SecurityRule]:
    """What every new group begins with."""
    return [SecurityRule(group=group, direction="egress", ethertype=ethertype) for ethertype in ("IPv4", "IPv6")]


def _among_members(group: SecurityGroup, ethertype: str) -> SecurityRule:
    return SecurityRule(group=group, direction="ingress", ethertype=ethertype, remote_group=group)
