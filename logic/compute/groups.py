"""Server groups: made, shown, forgotten. What they do to the servers that come into them is in ``wishes``.

Called by the API facades. A group that is forgotten leaves its servers where they are.
"""

from collections import defaultdict
from collections.abc import Iterable

from logic.access import Caller, require
from logic.compute import persons
from logic.compute.infos import GroupInfo
from logic.compute.models import Server, ServerGroup
from logic.errors import Forbidden, NotFound
from logic.ledger.store import store
from logic.quota import commands as quota
from logic.transactions import atomically


def groups(caller: Caller, *, all_projects: bool = False, limit: int = 1000, offset: int = 0) -> list[GroupInfo]:
    """A page of them, oldest first. Raises :class:`Forbidden` for those of all projects."""
    if all_projects and not caller.is_admin:
        raise Forbidden(action="listing the server groups of all projects", needs="admin")
    rows = ServerGroup.objects.order_by("created_at", "id")
    rows = rows if all_projects else rows.filter(project=caller.project)
    return _infos(rows[offset : offset + limit])


def group(caller: Caller, id: str) -> GroupInfo:
    """Raises :class:`NotFound`."""
    rows = ServerGroup.objects.filter(pk=id)
    found = _infos(rows if caller.is_admin else rows.filter(project=caller.project))
    if not found:
        raise NotFound(kind="server group", id=id)
    return found[0]


def _infos(rows: Iterable[ServerGroup]) -> list[GroupInfo]:
    found = list(rows)
    members: dict[str, list[str]] = defaultdict(list)
    living = Server.objects.filter(group__in=[row.pk for row in found]).exclude(observed="gone")
    for name, server in living.order_by("number").values_list("group", "pk"):
        members[name].append(server)
    return [
        GroupInfo(
            id=row.pk,
            project=row.project,
            user=row.user,
            name=row.name,
            policy=row.policy,
            per_host=row.per_host,
            members=members[row.pk],
        )
        for row in found
    ]


@atomically
def create_group(caller: Caller, name: str, policy: str, per_host: int | None = None) -> GroupInfo:
    """``policy`` is one of ``wishes.POLICIES``. Raises :class:`QuotaExceeded`."""
    require(caller, "member", "create a server group")
    row = ServerGroup(project=caller.project, user=caller.user, name=name, policy=policy, per_host=per_host)
    person = persons.person(caller.project, caller.user)
    quota.charge(caller.project, {"server_groups": 1}, row.pk, person)
    row.save(force_insert=True)
    return group(caller, row.pk)


@atomically
def delete_group(caller: Caller, id: str) -> None:
    """Raises :class:`NotFound`."""
    require(caller, "member", "delete a server group")
    rows = ServerGroup.objects.select_for_update().filter(pk=id)
    row = (rows if caller.is_admin else rows.filter(project=caller.project)).first()
    if row is None:
        raise NotFound(kind="server group", id=id)
    Server.objects.filter(group=id).update(group="")
    row.delete()
    store().release([id])
