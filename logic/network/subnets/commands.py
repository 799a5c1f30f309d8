"""What may be asked of subnets: each function is one transaction, which holds the row of their network.

Called by the facades. A network that is made on clusters already is taken from them and made anew with the next server when
what it tells them changes, and is not changed so while servers are on it.
"""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from logic.access import Caller, require
from logic.errors import BadRequest, Forbidden, NotFound
from logic.ledger.store import store
from logic.network import connecting, queries, revisions, tagging
from logic.network.models import Address, Network, Port, Subnet
from logic.network.networks.commands import MAX_TEXT
from logic.network.networks.commands import held as held_network
from logic.network.refusals import InvalidInput, SubnetInUse
from logic.network.security import switch
from logic.network.states import Observed
from logic.network.subnets import pools, ranges
from logic.network.subnets.pools import Wish
from logic.quota import commands as quota
from logic.transactions import atomically

KIND: Final = "subnet"
QUOTA: Final = "subnets"
_TOLD: Final = frozenset({"gateway", "enable_dhcp"})  # what clusters are told of a subnet that can change


class NewSubnet(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet asked for. ``cidr`` empty: one from ``subnetpool`` (an id; empty: the default one), of ``length`` if that is said.
    ``gateway`` empty: the first address, None: none; ``pools`` None: all that is left; ``modes``: ipv6_ra_mode and
    ipv6_address_mode; ``project`` empty: the network's."""

    network: str
    name: str = ""
    description: str = ""
    project: str = ""
    ip_version: int = 4
    cidr: str = ""
    subnetpool: str | None = None
    length: int | None = None
    gateway: str | None = ""
    pools: list[list[str]] | None = None
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[tuple[str, str], ...] = ()
    modes: tuple[str | None, str | None] = (None, None)


class SubnetChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a subnet is changed; None: it stays. ``gateway`` empty: there is none from now on."""

    name: str | None = None
    description: str | None = None
    gateway: str | None = None
    pools: list[list[str]] | None = None
    enable_dhcp: bool | None = None
    dns_nameservers: tuple[str, ...] | None = None
    host_routes: tuple[tuple[str, str], ...] | None = None


@atomically
def create_subnets(caller: Caller, wanted: Sequence[NewSubnet]) -> list[str]:
    """Ids of the new subnets, or none of them is made. Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`,
    :class:`QuotaExceeded`, and what ``refusals`` has."""
    require(caller, "member", "create a subnet")
    return [_create(caller, one) for one in wanted]


def _create(caller: Caller, wanted: NewSubnet) -> str:
    network = held_network(caller, wanted.network, "making subnets of")
    if wanted.project not in ("", caller.project) and not caller.is_admin:
        raise Forbidden(action="creating a subnet in another project", needs="admin")
    project = wanted.project or network.project
    _check_texts(wanted.name, wanted.description)
    quota.check(project, {QUOTA: 1})
    wish = Wish(cidr=wanted.cidr, pool=wanted.subnetpool, length=wanted.length, version=wanted.ip_version)
    whole, pool = pools.chosen(caller, project, wish)
    _check_room(network, whole)
    gateway = ranges.gateway(whole, wanted.gateway)
    row = Subnet(
        network=network,
        name=wanted.name,
        project=project,
        description=wanted.description,
        ip_version=whole.version,
        cidr=str(whole),
        gateway=gateway,
        enable_dhcp=wanted.enable_dhcp,
        dns_nameservers=ranges.nameservers(wanted.dns_nameservers),
        host_routes=ranges.routes(whole.version, wanted.host_routes),
        pools=ranges.pools(whole, gateway, wanted.pools),
        ipv6_mode=ranges.ipv6_mode(whole.version, whole, wanted.modes, leased=wanted.enable_dhcp),
        subnetpool=pool,
    )
    _check_doable(network, row)
    _reshape(caller, network, row)
    row.save(force_insert=True)
    quota.record(project, {row.pk: {QUOTA: 1}})
    if row.ipv6_mode in ranges.MADE_OF_MAC:
        _give(row)
    return row.pk


def _give(row: Subnet) -> None:
    """Guests on the network will make such an address: ports that are there have it from now on."""
    ports = Port.objects.filter(network=row.network_id).exclude(observed=Observed.GONE)
    made = [(id, ranges.eui64(row.cidr, mac)) for id, mac in ports.values_list("pk", "mac")]
    Address.objects.bulk_create([Address(subnet=row, port_id=id, ip=ip) for id, ip in made], ignore_conflicts=True)


@atomically
def update_subnet(caller: Caller, id: str, change: SubnetChange, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`, :class:`BadRequest`, :class:`SubnetInUse`, and what ``refusals`` has."""
    require(caller, "member", "change a subnet")
    network, row = _held(caller, id, "changing subnets of")
    revisions.check(row, expected)
    _check_texts(change.name or "", change.description or "")
    columns = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    columns |= _checked(row, change)
    if any(columns.get(name, getattr(row, name)) != getattr(row, name) for name in _TOLD):
        if change.gateway is not None:
            _check_gateway_free(row, columns["gateway"])
        _reshape(caller, network, row)
    revisions.write(row, **columns)


@atomically
def delete_subnet(caller: Caller, id: str, expected: int | None = None) -> None:
    """Raises :class:`NotFound`, :class:`Forbidden`, :class:`SubnetInUse`."""
    require(caller, "member", "delete a subnet")
    network, row = _held(caller, id, "deleting subnets of")
    revisions.check(row, expected)
    held = Address.objects.filter(subnet=row)
    if row.ipv6_mode in ranges.MADE_OF_MAC:
        held.filter(port__device="").delete()  # they follow from the subnet
    if held.exists():
        raise SubnetInUse(id=id, reason="One or more ports have an IP allocation from this subnet.")
    _reshape(caller, network, row)
    row.delete()
    store().release([id])
    tagging.forget([id])


def _held(caller: Caller, id: str, action: str) -> tuple[Network, Subnet]:
    """With its network, both locked, the network first."""
    known = Subnet.objects.filter(pk=id, network__in=queries.visible(caller)).first()
    if known is None:
        raise NotFound(kind=KIND, id=id)
    network = held_network(caller, known.network_id, action)
    row = Subnet.objects.select_for_update().filter(pk=id).first()
    if row is None:
        raise NotFound(kind=KIND, id=id)
    return network, row


def _check_texts(name: str, description: str) -> None:
    for field, text in (("name", name), ("description", description)):
        if len(text) > MAX_TEXT:
            raise BadRequest(reason=f"Invalid input for {field}. Reason: it exceeds maximum length of {MAX_TEXT}.")


def _check_room(network: Network, whole: ranges.Range) -> None:
    """Ranges of one network do not overlap."""
    for cidr in network.subnets.values_list("cidr", flat=True):
        if ipaddress.ip_network(cidr).overlaps(whole):
            reason = f"Requested subnet with cidr: {whole} for network: {network.pk} overlaps with another subnet."
            raise InvalidInput(reason=reason)


def _check_doable(network: Network, row: Subnet) -> None:
    """What neither clusters nor nodes could do."""
    there = [one.cidr for one in network.subnets.all() if one.ip_version == ranges.FOUR]
    more = [] if there and row.ip_version == ranges.FOUR else [row.cidr]
    if reason := connecting.unfit(network.flavor, more):
        raise InvalidInput(reason=reason)
    if (there and not more) or row.ipv6_mode == ranges.STATIC:
        if not switch.on():
            raise InvalidInput(reason="nodes of this cloud do not ask for addresses beside one of IPv4 and one made of the"
                                      " MAC: a network has one range of IPv4, and ipv6_address_mode is slaac.")  # fmt: skip
        if network.mode != "bridged":
            raise InvalidInput(reason="a routed network has one range of IPv4, and IPv6 by slaac.")


def _checked(row: Subnet, change: SubnetChange) -> dict[str, Any]:
    """What is not taken as it was sent."""
    whole, found = ipaddress.ip_network(row.cidr), dict[str, Any]()
    gateway = row.gateway
    if change.gateway is not None:
        gateway = found["gateway"] = ranges.gateway(whole, change.gateway or None)
    if change.pools is not None:
        found["pools"] = ranges.pools(whole, gateway, change.pools)
    elif gateway != row.gateway:
        ranges.check_gateway(gateway, row.pools)
    if change.dns_nameservers is not None:
        found["dns_nameservers"] = ranges.nameservers(change.dns_nameservers)
    if change.host_routes is not None:
        found["host_routes"] = ranges.routes(row.ip_version, change.host_routes)
    if change.enable_dhcp is False and row.ipv6_mode in ranges.MADE_OF_MAC:
        raise InvalidInput(reason="enable_dhcp cannot be False when ipv6_ra_mode or ipv6_address_mode is set.")
    return found


def _check_gateway_free(row: Subnet, gateway: str) -> None:
    """Neither the old gateway nor the new one is somebody's."""
    if Address.objects.filter(subnet=row, ip__in=[ip for ip in (gateway, row.gateway) if ip]).exists():
        raise SubnetInUse(id=row.pk, reason="A port has the address of its gateway. Take that away first.")


def _reshape(caller: Caller, network: Network, row: Subnet) -> None:
    """Clusters are told anew what the network is, when a server goes there next."""
    if not connecting.stands(network) or not _is_told(row):
        return
    attached = Port.objects.filter(network=network, backend__isnull=False).exclude(device="")
    if attached.exclude(observed=Observed.GONE).exists():
        raise SubnetInUse(
            id=row.pk, reason="Servers are on its network, which clusters know as it is. Detach them first."
        )
    connecting.withdraw(caller, network)


def _is_told(row: Subnet) -> bool:
    """Clusters know the first of each version; what else there is nodes hear with each port."""
    older = Subnet.objects.filter(network=row.network_id, ip_version=row.ip_version, created_at__lt=row.created_at)
    return row.ipv6_mode != ranges.STATIC and not older.exclude(ipv6_mode=ranges.STATIC).exists()
