"""Reading floating addresses: a project's own, for admins all."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from logic.access import Caller
from logic.db import asked_of
from logic.network.models import FloatingAddress
from logic.network.queries import Wanted, one_of, page_of
from logic.network.security import switch
from logic.network.states import Observed

KIND: Final = "floating ip"


class FloatingInfo(msgspec.Struct, frozen=True, kw_only=True):
    """``port`` and ``fixed`` are what it stands for, empty when it stands for nothing; ``device`` is the port's server.
    ``router``: which it goes through, empty where the port's node routes itself."""

    id: str
    project: str
    description: str
    network: str
    ip: str
    port: str
    fixed: str
    device: str
    router: str
    revision: int
    created_at: datetime.datetime
    updated_at: datetime.datetime


def visible(caller: Caller) -> QuerySet[FloatingAddress]:
    """None in a cloud whose nodes do not ask."""
    if not switch.on():
        return FloatingAddress.objects.none()
    return FloatingAddress.objects.all() if caller.is_admin else FloatingAddress.objects.filter(project=caller.project)


def floating_ips(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[FloatingInfo]:
    """A page of them, as ``network.queries.networks``. ``filters`` may be ``network``, ``ip``, ``port``, ``fixed``,
    ``router`` and ``associated`` besides columns."""
    rows = visible(caller)
    for name in _WHERE.keys() & filters.keys():
        rows = rows.filter(_WHERE[name](filters.pop(name)))
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return [_info(row) for row in page_of(KIND, _whole(rows), wanted)]


def floating_ip(caller: Caller, id: str) -> FloatingInfo:
    """Raises :class:`NotFound`."""
    return _info(one_of(KIND, _whole(visible(caller)), id))


def held(project: str) -> int:
    return FloatingAddress.objects.filter(project=project).count()


def of_ports(ports: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """By port the floating address and what it stands for, of those that go through no router, in one question."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = FloatingAddress.objects.filter(port__in=ports, router=None).order_by("created_at", "id")
    for port, ip, fixed in rows.values_list("port", "address__ip", "fixed") if ports else ():
        found[port or ""].append((ip, fixed))
    return found


_OF_SERVERS: Final = """
SELECT port.mac, floating.fixed, address.ip
  FROM network_floatingaddress floating
  JOIN network_port port ON port.id = floating.port_id
  JOIN network_address address ON address.id = floating.address_id
 WHERE port.device {among} AND port.observed <> 'gone'
"""


def of_servers(servers: Sequence[str]) -> dict[tuple[str, str], str]:
    """By the MAC of a port of these servers and one of its addresses the floating address that stands for that. In one
    statement, which every look at servers takes."""
    return {(mac, fixed): ip for mac, fixed, ip in asked_of(_OF_SERVERS, servers)}


def _whole(rows: QuerySet[FloatingAddress]) -> QuerySet[FloatingAddress]:
    return rows.select_related("address__subnet", "port")


def _associated(values: Sequence[bool]) -> Q:
    free = Q(port=None) | Q(port__observed=Observed.GONE)
    chosen = Q(pk__in=[])
    for value in values:
        chosen |= ~free if value else free
    return chosen


def _through(routers: Sequence[str]) -> Q:
    live = ~Q(port=None) & ~Q(port__observed=Observed.GONE)
    chosen = live & Q(router__in=[id for id in routers if id])
    return chosen | Q(router=None) | ~live if "" in routers else chosen


_WHERE: Final[dict[str, Callable[[list[Any]], Q]]] = {
    "network": lambda ids: Q(address__subnet__network__in=ids),
    "ip": lambda ips: Q(address__ip__in=ips),
    "port": lambda ids: Q(port__in=ids) & ~Q(port__observed=Observed.GONE),
    "fixed": lambda ips: Q(fixed__in=ips) & ~Q(port__observed=Observed.GONE),
    "router": _through,
    "associated": _associated,
}


def _info(row: FloatingAddress) -> FloatingInfo:
    """One whose port is gone stands for nothing, though its row says more."""
    port = row.port if row.port and row.port.observed != Observed.GONE else None
    return FloatingInfo(
        id=row.pk,
        project=row.project,
        description=row.description,
        network=row.address.subnet.network_id,
        ip=row.address.ip,
        port=port.pk if port else "",
        fixed=row.fixed if port else "",
        device=port.device if port else "",
        router=(row.router_id or "") if port else "",
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
