"""How many addresses there are to give out, and how many are in use: Neutron's ``network-ip-availability``, for operators.

Called by the facade. As many statements for a page of networks as for one.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from django.db.models import Count, QuerySet

from logic.access import Caller
from logic.network.models import Address, Network, Subnet
from logic.network.queries import Wanted, one_of, page_of, visible

KIND: Final = "network"


class SubnetAvailability(msgspec.Struct, frozen=True, kw_only=True):
    """Of a subnet: what its pools hold, and what is in use of it."""

    id: str
    name: str
    cidr: str
    ip_version: int
    total: int
    used: int


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Of a network (``id``), with each of its subnets."""

    id: str
    name: str
    project: str
    subnets: list[SubnetAvailability]


def availabilities(
    caller: Caller, *, sort: Sequence[tuple[str, str]] = (), limit: int = 1000, marker: str = "", **filters: Any
) -> list[Availability]:
    """A page, as ``queries.networks``; nothing for others than administrators. ``version`` among the filters narrows the
    subnets."""
    versions = filters.pop("version", None)
    wanted = Wanted(sort=sort, limit=limit, marker=marker, where=filters)
    return _told(list(page_of(KIND, _rows(caller), wanted)), versions)


def availability(caller: Caller, id: str) -> Availability:
    """Raises :class:`NotFound`."""
    return _told([one_of(KIND, _rows(caller), id)], None)[0]


def _rows(caller: Caller) -> QuerySet[Network]:
    return visible(caller) if caller.is_admin else Network.objects.none()


def _told(rows: Sequence[Network], versions: Sequence[int] | None) -> list[Availability]:
    subnets = Subnet.objects.filter(network__in=[row.pk for row in rows]).order_by("created_at", "id")
    found = list(subnets if versions is None else subnets.filter(ip_version__in=versions))
    counted = Address.objects.filter(subnet__in=[one.pk for one in found]).order_by().values("subnet")
    used = dict(counted.annotate(count=Count("id")).values_list("subnet", "count"))
    return [_of(row, [_subnet(one, used) for one in found if one.network_id == row.pk]) for row in rows]


def _of(row: Network, subnets: list[SubnetAvailability]) -> Availability:
    return Availability(id=row.pk, name=row.name, project=row.project, subnets=subnets)


def _subnet(row: Subnet, used: dict[str, int]) -> SubnetAvailability:
    return SubnetAvailability(
        id=row.pk,
        name=row.name,
        cidr=row.cidr,
        ip_version=row.ip_version,
        total=sum(int(ipaddress.ip_address(last)) - int(ipaddress.ip_address(first)) + 1 for first, last in row.pools),
        used=used.get(row.pk, 0),
    )
