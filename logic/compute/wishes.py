"""Where a new server shall be, as its user wishes: in a server group, beside or apart from other servers. Here a host is a
cluster, so that these are conditions on the clusters among which placement chooses.

Called by ``creating``, in its transaction: the group is held until that commits, so that two requests of one group do not both
take the last place. What cannot be kept is refused before anything is made; on which node of its cluster a server is, Ganeti
decides.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from logic.access import Caller
from logic.compute.models import Server, ServerGroup
from logic.errors import BadRequest, QuotaExceeded
from logic.quota import queries as quotas

TOGETHER, APART = "affinity", "anti-affinity"
SOFT = "soft-"  # before either: a wish, no condition
POLICIES: Final = (TOGETHER, APART, SOFT + TOGETHER, SOFT + APART)
MEMBERS = "server_group_members"


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Ids: the group that it comes into, servers on one of whose clusters it shall be, and on none of whose."""

    group: str = ""
    beside: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def hints(self) -> dict[str, Any] | None:
        """As they are kept, by Nova's names; None for none."""
        named = {"group": self.group, "same_host": list(self.beside), "different_host": list(self.apart)}
        return {name: value for name, value in named.items() if value} or None


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """The same in names of clusters, as ``placement`` has them."""

    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    liked: Mapping[str, int] = {}


ANYWHERE = Where()


def place(caller: Caller, wanted: Wishes, count: int) -> Where:
    """For ``count`` servers at once, which come to one cluster. Raises :class:`BadRequest`, :class:`QuotaExceeded`."""
    where = _of_group(caller, wanted.group, count) if wanted.group else ANYWHERE
    if wanted.beside:
        there = _clusters(caller, wanted.beside)
        where = msgspec.structs.replace(where, only=there if where.only is None else where.only & there)
    if wanted.apart:
        where = msgspec.structs.replace(where, without=where.without | _clusters(caller, wanted.apart))
    return where


def _clusters(caller: Caller, ids: tuple[str, ...]) -> frozenset[str]:
    rows = Server.objects.filter(pk__in=ids).exclude(observed="gone")
    found = dict((rows if caller.is_admin else rows.filter(project=caller.project)).values_list("pk", "backend__name"))
    if unknown := [id for id in ids if id not in found]:
        raise BadRequest(reason=f"Server {unknown[0]} of the scheduler hints could not be found.")
    return frozenset(found.values())


def _of_group(caller: Caller, id: str, count: int) -> Where:
    group = ServerGroup.objects.select_for_update().filter(pk=id, project=caller.project).first()
    if group is None:
        raise BadRequest(reason=f"Server group {id} could not be found. List them with `openstack server group list`.")
    here = Counter(Server.objects.filter(group=id).exclude(observed="gone").values_list("backend__name", flat=True))
    _check_members(caller, id, here.total(), count)
    if group.policy == APART:
        return _apart(group, here, count)
    if group.policy == TOGETHER:
        return Where(only=frozenset(here)) if here else ANYWHERE
    way = 1 if group.policy == SOFT + TOGETHER else -1
    return Where(liked={name: way * number for name, number in here.items()})


def _apart(group: ServerGroup, here: Mapping[str, int], count: int) -> Where:
    most = group.per_host or 1
    if count > most:
        raise BadRequest(
            reason=f"The servers of one request come to one cluster, and group {group.pk} wants at most {most} there. Make fewer."
        )
    return Where(without=frozenset(name for name, number in here.items() if number + count > most))


def _check_members(caller: Caller, group: str, used: int, count: int) -> None:
    """The user's own limit is of what he has put there."""
    limits, own = quotas.limits_with_own(caller.project, caller.user)
    _compare(limits.get(MEMBERS, -1), used, count)
    if MEMBERS in own:
        mine = Server.objects.filter(group=group, user=caller.user).exclude(observed="gone")
        _compare(own[MEMBERS], mine.count(), count)


def _compare(limit: int, used: int, count: int) -> None:
    if 0 <= limit < used + count:
        raise QuotaExceeded(resource=MEMBERS, requested=count, used=used, limit=limit)
